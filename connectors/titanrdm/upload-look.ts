import { isUtf8 } from 'node:buffer';
import { CsvScanner } from '../tables/csv-scan.js';
import { DropColumns } from '../tables/drop-columns.js';
import { badEncoding } from '../tables/errors.js';
import type { Feed } from './duplicate-keys.js';
import type { PrepareUploadOptions } from './upload-options.js';
import { planUpload, type UploadPlan } from './upload-rules.js';
import { UploadScan } from './upload-scan.js';

/** What is read for the header at a time. */
const HEADER_BYTES = 4 * 1024;

/** The first look at a table's bytes: makes the plan from the header, then checks every row by it. */
export class UploadLook {
  plan: UploadPlan | undefined;
  /** Length of the byte order mark. */
  bomBytes = 0;
  private drop: DropColumns | undefined;
  private scan: UploadScan | CsvScanner | undefined;
  private readonly headerScanner: CsvScanner;
  /** Chunks that came before the header was complete: one, as a rule. */
  private waiting: Buffer[] = [];

  constructor(
    private readonly options: PrepareUploadOptions,
    private readonly directory: string,
  ) {
    this.headerScanner = new CsvScanner({ where: options.table, strict: options.validate });
  }

  get rows(): number {
    return this.scan?.rows ?? 0;
  }

  /** Undefined for a table without a single byte, or before the header was complete. */
  get header(): readonly string[] | undefined {
    return this.headerScanner.header;
  }

  /** Whether columns are left out: then what is sent differs from what was looked at. */
  get rewrites(): boolean {
    return this.drop !== undefined;
  }

  /** Looks at a chunk and hands what is to be sent of it to `keep`. */
  async push(chunk: Uint8Array, keep: Keep): Promise<void> {
    if (this.scan !== undefined) {
      await this.look(this.scan, chunk, keep);
      return;
    }
    // Up to the header's end and little further: what is behind it is looked at once, by the rules.
    for (let at = 0; at < chunk.length && this.header === undefined; at += HEADER_BYTES)
      this.headerScanner.push(chunk.subarray(at, at + HEADER_BYTES));
    if (this.header !== undefined) await this.begin(keep, chunk);
    // A copy: the chunk's memory is the reader's.
    else this.waiting.push(Buffer.from(chunk));
  }

  /** To be called behind the last chunk. `again` feeds what was kept, from the start. */
  async finish(keep: Keep, again: Feed): Promise<void> {
    if (this.scan === undefined) {
      this.headerScanner.end();
      await this.begin(keep);
    }
    if (this.scan instanceof UploadScan) await this.scan.finish(again);
    else this.scan?.end();
  }

  async dispose(): Promise<void> {
    if (this.scan instanceof UploadScan) await this.scan.dispose();
  }

  /** @param chunk The one that the header ends in, where there is one. */
  private async begin(keep: Keep, chunk?: Uint8Array): Promise<void> {
    const { options, directory, headerScanner } = this;
    const { table, pattern } = options;
    const { header } = headerScanner;
    if (header === undefined) return;
    this.bomBytes = headerScanner.bomBytes;
    if (options.validate) {
      this.checkHeader(chunk);
      const plan = planUpload({ table, header, columns: options.columns, mapping: options.mapping, pattern });
      this.plan = plan;
      const leftOut = [...plan.drop, ...(plan.blankCode === undefined ? [] : [plan.blankCode])];
      if (leftOut.length > 0) this.drop = new DropColumns(leftOut, this.bomBytes);
      this.scan = new UploadScan({ table, pattern, header, plan, directory });
    } else {
      this.scan = new CsvScanner({ where: table });
    }
    const waiting = this.waiting;
    this.waiting = [];
    for (const early of waiting) await this.look(this.scan, early, keep);
    if (chunk !== undefined) await this.look(this.scan, chunk, keep);
  }

  /** Before its names are compared and shown. */
  private checkHeader(chunk: Uint8Array = new Uint8Array()): void {
    const { headerEnd } = this.headerScanner;
    const bytes = Buffer.concat([...this.waiting, chunk.subarray(0, headerEnd)]).subarray(0, headerEnd);
    const where = `${this.options.table}, header`;
    if (!isUtf8(bytes)) throw badEncoding(where);
    if (bytes.includes(0)) throw badEncoding(where, 'zero bytes, as UTF-16 text does');
  }

  private async look(scan: UploadScan | CsvScanner, chunk: Uint8Array, keep: Keep): Promise<void> {
    // What is kept is written while the rules look at it; a failure of either ends both.
    const kept = this.drop === undefined ? keep(chunk) : undefined;
    try {
      await scan.push(chunk);
      if (this.drop !== undefined) await keep(this.drop.push(chunk));
    } finally {
      await kept;
    }
  }
}

/** Puts bytes by that are to be sent. */
export type Keep = (bytes: Uint8Array) => Promise<void> | undefined;
