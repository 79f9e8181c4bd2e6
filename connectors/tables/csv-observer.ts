import { CsvScanner } from './csv-scan.js';
import { badEncoding } from './errors.js';
import { LargestInstant } from './instant.js';
import { Utf8Guard } from './utf8-guard.js';

export interface CsvObserverOptions {
  /** Names the table in errors. */
  where?: string;
  /** Column of instants whose largest value is wanted. A file without it has none. */
  maxOf?: string;
}

/** Watches CSV bytes go by, cut anywhere: counts rows and bytes, finds the largest instant of a column, refuses what is not UTF-8. */
export class CsvObserver {
  bytes = 0;
  private readonly where: string;
  private readonly scanner: CsvScanner;
  private readonly utf8 = new Utf8Guard();
  private readonly largest = new LargestInstant();

  constructor({ where = 'a download', maxOf }: CsvObserverOptions = {}) {
    this.where = where;
    const { largest } = this;
    const scanner: CsvScanner = new CsvScanner({
      where,
      ...(maxOf === undefined
        ? {}
        : {
            onHeader: (names) => (names.includes(maxOf) ? [{ index: names.indexOf(maxOf), bytes: true }] : []),
            onRow: () => {
              if (!scanner.isNull(0)) largest.observe(scanner.watched, scanner.starts[0] ?? 0, scanner.ends[0] ?? 0);
            },
          }),
    });
    this.scanner = scanner;
  }

  /** Error `BAD_ENCODING`. */
  observe(chunk: Uint8Array): void {
    if (this.utf8.check(chunk) >= 0) throw badEncoding(`${this.where}, near row ${this.scanner.rows + 1}`);
    this.scanner.push(chunk);
    this.bytes += chunk.length;
  }

  /** To be called behind the last chunk: the last row may lack its line end. */
  end(): void {
    if (this.utf8.incomplete) throw badEncoding(`${this.where}, at its end`);
    this.scanner.end();
  }

  /** Data rows so far; all of them after `end`. */
  get rows(): number {
    return this.scanner.rows;
  }

  get header(): string[] | undefined {
    return this.scanner.header;
  }

  /** Offset just behind the header's line end; 0 before. */
  get headerEnd(): number {
    return this.scanner.headerEnd;
  }

  /** Bytes of the byte order mark at the beginning: 0 or 3. */
  get bomBytes(): number {
    return this.scanner.bomBytes;
  }

  /** The largest instant, as ISO 8601 with offset; undefined when there is none, or one that could not be read. */
  get max(): string | undefined {
    return this.largest.value ?? undefined;
  }
}
