import { Block } from '../binary/block.js';
import { copyEnd, copyStart } from '../binary/copy-format.js';
import type { Spelling } from '../spelling/spelling.js';
import { CsvStructure, STRUCTURE_BYTES } from '../../tables/csv-structure.js';
import { csvAsItIs } from './csv-as-it-is.js';
import { CsvRowWriter } from './csv-row-writer.js';
import type { CopySource } from './portion.js';

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
    let next = await this.chunks.next();
    for (; isSure && next.done !== true; next = isSure ? await this.chunks.next() : next) {
      this.#pending = this.#pending.length === 0 ? next.value : Buffer.concat([this.#pending, next.value]);
      for (let more = true; more;) {
        const written = this.#writeSome(this.#pending);
        more = written > 0;
        // A row that does not end within what can be looked at at once, or an odd one.
        isSure = more || this.#pending.length < STRUCTURE_BYTES;
        if (this.#block.isFull(this.#at)) yield this.#take();
      }
    }
    // The last row may lack its line end. A lone carriage return there is none.
    if (isSure && this.#pending.length > 0 && this.#pending.at(-1) !== CR) {
      const last = this.#pending;
      const written = this.#writeSome(Buffer.concat([last, LINE_END]));
      this.#pending = last.subarray(written);
    }
    if (this.#pending.length > 0) this.rest = this.#remaining();
    this.#at = copyEnd(this.#block, this.#at);
    yield this.#take();
  }

  /** Writes the rows that lie within the first bytes as a whole, and returns how many bytes they take. */
  #writeSome(bytes: Buffer): number {
    if (structure === undefined || bytes.length === 0) return 0;
    const found = structure.index(bytes.subarray(0, STRUCTURE_BYTES));
    const { read, at } = this.#writer.write(structure, found, this.#block, this.#at);
    this.#at = at;
    this.#pending = bytes.subarray(read);
    return read;
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
