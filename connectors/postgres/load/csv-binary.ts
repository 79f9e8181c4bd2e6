import { Block } from '../binary/block.js';
import { copyEnd, copyStart } from '../binary/copy-format.js';
import type { Spelling } from '../spelling/spelling.js';
import { CsvStructure, STRUCTURE_BYTES } from '../../tables/csv-structure.js';
import { csvAsItIs } from './csv-as-it-is.js';
import { CsvRowWriter } from './csv-row-writer.js';
import type { CopySource } from './portion.js';

const LF = 0x0a;
const CR = 0x0d;
const LINE_END = Buffer.from('\n');

/** Ours alone; what it holds is used up before anybody else can ask it. */
const structure = CsvStructure.load();

/** Whether the machine can do it. */
export const canReadCsv = structure !== undefined;

/**
 * CSV without its header as binary COPY, which costs the server much less than reading the text. From the first row on that is not
 * spelt in the usual ways, if there is one, the rest goes to the server as the CSV that it is: it reads that, or says what is wrong with it.
 * @param spellings One for each column, in their order.
 */
export function csvAsBinary(
  chunks: AsyncIterable<Buffer>,
  columns: readonly string[],
  spellings: readonly Spelling[],
): CopySource {
  const reader = new CsvReader(chunks[Symbol.asyncIterator](), spellings);
  return {
    columns,
    format: 'FORMAT binary',
    chunks: reader.binary(),
    rest: () => {
      const { rest } = reader;
      return rest === undefined ? undefined : csvAsItIs(rest, columns, reader.lineEnd);
    },
  };
}

class CsvReader {
  /** What is left when a row's spelling is not sure: from that row on. */
  rest: AsyncIterable<Buffer> | undefined;
  readonly #writer: CsvRowWriter;
  readonly #block: Block;
  #at = 0;
  /** Bytes from the start of the first row that is not written yet. */
  #pending: Buffer = Buffer.alloc(0);

  constructor(
    private readonly chunks: AsyncIterator<Buffer>,
    spellings: readonly Spelling[],
  ) {
    this.#writer = new CsvRowWriter(spellings);
    this.#block = new Block(this.#writer.fixedBytes);
  }

  /** How the rows so far end, once there is one: the server, too, wants all rows to end in one way. */
  get lineEnd(): '\n' | '\r\n' | undefined {
    return this.#writer.lineEnd;
  }

  async *binary(): AsyncGenerator<Buffer> {
    this.#at = copyStart(this.#block);
    let isSure = true;
    for (let isAtEnd = false; isSure && !isAtEnd;) {
      isAtEnd = await this.#gather();
      while (isSure && this.#pending.length >= (isAtEnd ? 1 : STRUCTURE_BYTES)) {
        isSure = this.#writeSome(isAtEnd);
        if (this.#block.isFull(this.#at)) yield this.#take();
      }
    }
    if (this.#pending.length > 0) this.rest = this.#remaining();
    this.#at = copyEnd(this.#block, this.#at);
    yield this.#take();
  }

  /** Fetches as much as can be looked at at once: of smaller chunks each would be looked at many times. Returns whether that was all. */
  async #gather(): Promise<boolean> {
    const chunks = [this.#pending];
    let bytes = this.#pending.length;
    let isAtEnd = false;
    while (bytes < STRUCTURE_BYTES && !isAtEnd) {
      const next = await this.chunks.next();
      if (next.done === true) isAtEnd = true;
      else {
        chunks.push(next.value);
        bytes += next.value.length;
      }
    }
    this.#pending = Buffer.concat(chunks, bytes);
    return isAtEnd;
  }

  /** Writes the rows that lie within the first bytes as a whole. False when there is none: an odd one, or one that does not end there. */
  #writeSome(isAtEnd: boolean): boolean {
    if (structure === undefined) return false;
    const pending = this.#pending;
    // The last row may lack its line end. A lone carriage return there is none.
    const isLast = isAtEnd && pending.length < STRUCTURE_BYTES && ![LF, CR].includes(pending.at(-1) ?? LF);
    const bytes = isLast ? Buffer.concat([pending, LINE_END]) : pending.subarray(0, STRUCTURE_BYTES);
    const { read, at } = this.#writer.write(structure, structure.index(bytes), this.#block, this.#at);
    this.#at = at;
    this.#pending = pending.subarray(read);
    return read > 0;
  }

  #take(): Buffer {
    const taken = this.#block.take(this.#at);
    this.#at = 0;
    return taken;
  }

  async *#remaining(): AsyncGenerator<Buffer> {
    yield this.#pending;
    for (let next = await this.chunks.next(); next.done !== true; next = await this.chunks.next()) yield next.value;
  }
}
