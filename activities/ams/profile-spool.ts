import { createHash } from 'node:crypto';
import { writeAll } from '../../connectors/tables/file-chunks.js';
import { createSpoolFile, spoolDirectory, type SpoolFile } from '../../connectors/tables/spool.js';

/** One profile to be sent. */
export interface ProfileEntry {
  /** Place among all that are to be sent, from 0. */
  index: number;
  /** Number of the row in the table, from 1. */
  row: number;
  user: number;
  values: Record<string, string>;
}

const READ_BYTES = 256 * 1024;
/** A 64-bit number, however often something is added. */
const WRAP = 64;

/**
 * Profiles on their way, in a temporary file that only this user can read: rows of a table of any size, checked, in the form's own
 * spelling. Of a user that is there twice the last one counts.
 */
export class ProfileSpool {
  private waiting: string[] = [];
  private bytes = 0;
  private count = 0;
  private readonly latest = new Map<number, { index: number; row: number; hash: bigint }>();
  private readonly inOrder = createHash('sha256');
  private sum = 0n;

  private constructor(private readonly file: SpoolFile) {}

  static async create(directory?: string): Promise<ProfileSpool> {
    return new ProfileSpool(await createSpoolFile(await spoolDirectory(directory), 'profiles'));
  }

  /** Profiles, one per user. */
  get users(): number {
    return this.latest.size;
  }

  /** Tells these profiles, in this order, from others. */
  get order(): string {
    return this.inOrder.copy().digest('hex').slice(0, 32);
  }

  /** Tells these profiles from others, in whatever order their rows came. */
  get content(): string {
    return `${this.latest.size}-${this.sum.toString(16)}`;
  }

  /** Row of the user that is there already. */
  rowOf(user: number): number | undefined {
    return this.latest.get(user)?.row;
  }

  add(entry: Omit<ProfileEntry, 'index'>): void {
    const { row, user, values } = entry;
    const line = JSON.stringify([row, user, values]);
    const hash = hashOf(JSON.stringify([user, values]));
    this.sum = BigInt.asUintN(WRAP, this.sum + hash - (this.latest.get(user)?.hash ?? 0n));
    this.inOrder.update(line);
    this.latest.set(user, { index: this.count, row, hash });
    this.count += 1;
    this.waiting.push(line);
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const block = Buffer.from(`${this.waiting.join('\n')}\n`);
    this.waiting = [];
    await writeAll(this.file.handle, block, this.bytes);
    this.bytes += block.length;
  }

  /** In the order of the table, without those that a later row has replaced. Asked again, it begins again. */
  async *read(): AsyncGenerator<ProfileEntry> {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    let index = 0;
    for (let position = 0; position < this.bytes;) {
      const { bytesRead } = await this.file.handle.read(buffer, 0, READ_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      const chunk = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let start = 0;
      for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
        // What `add` wrote.
        const [row, user, values] = JSON.parse(chunk.toString('utf8', start, end)) as [
          number,
          number,
          Record<string, string>,
        ];
        start = end + 1;
        if (this.latest.get(user)?.index === index) yield { index, row, user, values };
        index += 1;
      }
      rest = chunk.subarray(start);
    }
  }

  remove(): Promise<void> {
    return this.file.remove();
  }
}

const LF = 0x0a;

function hashOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64BE();
}
