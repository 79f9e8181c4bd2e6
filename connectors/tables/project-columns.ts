import { CsvScanner } from './csv-scan.js';
import { badEncoding } from './errors.js';
import { Utf8Guard } from './utf8-guard.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;

export interface ProjectColumnsOptions {
  /** Names the table in errors. */
  where: string;
  /** Which columns are kept, by their index, in the order in which they are written. Each at most once. */
  pick: (header: readonly string[]) => readonly number[];
}

/**
 * Keeps some columns of CSV bytes, cut anywhere, in an order of its own, and writes them in one spelling that no two readers of CSV disagree
 * about: no header, `\n` line ends, NULL without quotes, every other value in quotes. The values themselves stay byte for byte.
 */
export class ProjectColumns {
  private readonly scanner: CsvScanner;
  private readonly utf8 = new Utf8Guard();
  private width = 0;
  private out: Buffer = Buffer.allocUnsafeSlow(64 * 1_024);
  private length = 0;

  constructor(private readonly options: ProjectColumnsOptions) {
    this.scanner = new CsvScanner({
      where: options.where,
      // A reader that guesses would take one record for another.
      strict: true,
      onHeader: (header) => {
        const picked = options.pick(header);
        this.width = picked.length;
        return picked.map((index) => ({ index, bytes: true }));
      },
      onRow: () => this.writeRow(),
    });
  }

  /** Data rows so far. */
  get rows(): number {
    return this.scanner.rows;
  }

  /** The rows that ended within the chunk; valid until the next call. Errors: `MALFORMED_CSV`, `BAD_ENCODING`, those of `pick`. */
  push(chunk: Uint8Array): Buffer {
    this.length = 0;
    if (this.utf8.check(chunk) >= 0) throw badEncoding(`${this.options.where}, near row ${this.rows + 1}`);
    this.scanner.push(chunk);
    return this.out.subarray(0, this.length);
  }

  /** To be called behind the last chunk: the last row may lack its line end. */
  end(): Buffer {
    this.length = 0;
    if (this.utf8.incomplete) throw badEncoding(`${this.options.where}, at its end`);
    this.scanner.end();
    return this.out.subarray(0, this.length);
  }

  private writeRow(): void {
    const { watched, starts, ends, present } = this.scanner;
    for (let slot = 0; slot < this.width; slot += 1) {
      const end = ends[slot] ?? 0;
      const start = starts[slot] ?? 0;
      this.reserve(2 * (end - start) + 4);
      const { out } = this;
      let { length } = this;
      if (slot > 0) out[length++] = COMMA;
      if (present[slot] === 1) {
        out[length++] = QUOTE;
        for (let at = start; at < end; at += 1) {
          const byte = watched[at] ?? 0;
          if (byte === QUOTE) out[length++] = QUOTE;
          out[length++] = byte;
        }
        out[length++] = QUOTE;
      }
      this.length = length;
    }
    this.out[this.length++] = LF;
  }

  /** One byte more than asked for stays free, for the line end. */
  private reserve(bytes: number): void {
    if (this.length + bytes < this.out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + bytes + 1, this.out.length * 2));
    larger.set(this.out.subarray(0, this.length));
    this.out = larger;
  }
}
