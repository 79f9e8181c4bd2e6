import { writeAll } from './file-chunks.js';
import { createSpoolFile, type SpoolFile } from './spool.js';

/** Hashes are parted by their first bits, so that the table of one part fits into the processor's cache. */
const PARTS = 256;
/** Words that a part collects before they are put by: 512 hashes of two words. */
const BLOCK_WORDS = 1_024;
/** Words that are collected before they are parted: small tables, of which many are sent at a time, need no more. */
const FEW_WORDS = 32_768;
/** Room to begin with. */
const FIRST_WORDS = 1_024;
/** Blocks kept in memory before they are written to a file: 8 MB, a million rows, for all indexes of this process together. */
const BLOCKS_IN_MEMORY = 2_048;
/** Indexes that collect: many tables may be sent at a time. */
let indexesAlive = 0;
const BLOCKS_PER_WRITE = 256;
/** Hashes of repeated keys that are remembered one by one; those beyond are only counted. */
const MAX_REMEMBERED = 100_000;

/** The hashes that occur more than once. */
export class RepeatedHashes {
  /** Rows whose hash an earlier row has. */
  rows = 0;
  private remembered = 0;
  private readonly lows = new Map<number, Set<number>>();

  note(high: number, low: number): void {
    this.rows += 1;
    if (this.remembered >= MAX_REMEMBERED || this.has(high, low)) return;
    this.remembered += 1;
    this.lows.set(high, (this.lows.get(high) ?? new Set()).add(low));
  }

  has(high: number, low: number): boolean {
    return this.lows.get(high)?.has(low) === true;
  }

  delete(high: number, low: number): void {
    this.lows.get(high)?.delete(low);
  }
}

/**
 * Finds which keys may occur twice: collects a 64-bit hash of each, in constant memory, the rest in a temporary file. What it finds
 * must be confirmed with the keys themselves; what it does not find does not repeat.
 */
export class KeyIndex {
  /** All hashes as long as they are few. */
  private few = new Int32Array(FIRST_WORDS);
  private fewFilled = 0;
  /** None until there are more. */
  private collecting = new Int32Array(0);
  private readonly filled = new Int32Array(PARTS);
  private blocks: { part: number; words: Int32Array }[] = [];
  /** For each part, where its words are in the file. */
  private readonly runs: { start: number; bytes: number }[][] = Array.from({ length: PARTS }, () => []);
  private fileBytes = 0;
  private file: SpoolFile | undefined;
  private table = new Int32Array(0);
  private disposed = false;

  /** `directory` is where the temporary file goes, should one be needed. */
  constructor(
    private readonly directory: string,
    private readonly blocksInMemory = BLOCKS_IN_MEMORY,
  ) {
    indexesAlive += 1;
  }

  add(high: number, low: number): void {
    if (this.collecting.length === 0) this.addToFew(high, low);
    else this.addToPart(high, low);
  }

  private addToFew(high: number, low: number): void {
    this.few[this.fewFilled] = high;
    this.few[this.fewFilled + 1] = low;
    this.fewFilled += 2;
    if (this.fewFilled < this.few.length) return;
    if (this.few.length < FEW_WORDS) {
      const larger = new Int32Array(this.few.length * 2);
      larger.set(this.few);
      this.few = larger;
      return;
    }
    this.collecting = new Int32Array(PARTS * BLOCK_WORDS);
    for (let at = 0; at < this.fewFilled; at += 2) this.addToPart(this.few[at] ?? 0, this.few[at + 1] ?? 0);
    this.few = new Int32Array(0);
    this.fewFilled = 0;
  }

  private addToPart(high: number, low: number): void {
    const part = high >>> 24;
    const begin = part * BLOCK_WORDS;
    const filled = this.filled[part] ?? 0;
    this.collecting[begin + filled] = high;
    this.collecting[begin + filled + 1] = low;
    if (filled + 2 < BLOCK_WORDS) {
      this.filled[part] = filled + 2;
    } else {
      this.blocks.push({ part, words: this.collecting.slice(begin, begin + BLOCK_WORDS) });
      this.filled[part] = 0;
    }
  }

  /** Whether it is time to call `spill`. */
  get isFull(): boolean {
    return this.blocks.length * indexesAlive >= this.blocksInMemory;
  }

  /** Writes the full blocks to the temporary file, those of a part together: they will be read back part by part. */
  async spill(): Promise<void> {
    const blocks = this.blocks.sort((a, b) => a.part - b.part);
    this.blocks = [];
    this.file ??= await createSpoolFile(this.directory, 'keys');
    for (let first = 0; first < blocks.length; first += BLOCKS_PER_WRITE) {
      const some = blocks.slice(first, first + BLOCKS_PER_WRITE);
      await writeAll(
        this.file.handle,
        Buffer.concat(some.map(({ words }) => new Uint8Array(words.buffer))),
        this.fileBytes,
      );
      for (const { part, words } of some) {
        const last = this.runs[part]?.at(-1);
        if (last !== undefined && last.start + last.bytes === this.fileBytes) last.bytes += words.byteLength;
        else this.runs[part]?.push({ start: this.fileBytes, bytes: words.byteLength });
        this.fileBytes += words.byteLength;
      }
    }
  }

  /** The hashes that occur more than once. `pause` is asked between parts, so that the event loop stays free. */
  async repeated(pause: () => Promise<void> | undefined): Promise<RepeatedHashes> {
    const found = new RepeatedHashes();
    if (this.collecting.length === 0) {
      this.findIn([this.few.subarray(0, this.fewFilled)], found);
      return found;
    }
    const inMemory: Int32Array[][] = Array.from({ length: PARTS }, () => []);
    for (const { part, words } of this.blocks) inMemory[part]?.push(words);
    for (let part = 0; part < PARTS; part += 1) {
      const begin = part * BLOCK_WORDS;
      const rest = this.collecting.subarray(begin, begin + (this.filled[part] ?? 0));
      this.findIn([...(await this.fromFile(part)), ...(inMemory[part] ?? []), rest], found);
      await pause();
    }
    return found;
  }

  /** Safe to repeat. */
  async dispose(): Promise<void> {
    if (!this.disposed) indexesAlive -= 1;
    this.disposed = true;
    this.blocks = [];
    await this.file?.remove();
  }

  private async fromFile(part: number): Promise<Int32Array[]> {
    const read: Int32Array[] = [];
    for (const { start, bytes } of this.runs[part] ?? []) {
      const words = new Int32Array(bytes / 4);
      await this.file?.handle.read(new Uint8Array(words.buffer), 0, bytes, start);
      read.push(words);
    }
    return read;
  }

  /** A hash table with open addressing, at most half full. */
  private findIn(lists: readonly Int32Array[], found: RepeatedHashes): void {
    const entries = lists.reduce((sum, words) => sum + words.length / 2, 0);
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, entries * 2)));
    if (this.table.length < capacity * 2) this.table = new Int32Array(capacity * 2);
    else this.table.fill(0, 0, capacity * 2);
    const { table } = this;
    const mask = capacity - 1;
    for (const words of lists) {
      for (let at = 0; at < words.length; at += 2) {
        const high = words[at] ?? 0;
        const low = words[at + 1] ?? 0;
        let place = (low & mask) << 1;
        while ((table[place] !== high || table[place + 1] !== low) && (table[place] !== 0 || table[place + 1] !== 0)) {
          place = (place + 2) & (capacity * 2 - 1);
        }
        if (table[place] === high && table[place + 1] === low) found.note(high, low);
        table[place] = high;
        table[place + 1] = low;
      }
    }
  }
}
