import type { Readable } from 'node:stream';
import { CsvObserver } from '../../../connectors/tables/index.js';
import { DropColumns } from '../../../connectors/tables/drop-columns.js';
import { checkRows } from '../../titanrdm/exports.js';

export interface ExportRowsOptions {
  /** Names it in errors. */
  table: string;
  /** Column of instants whose largest value is wanted. */
  largestOf: string;
  /** Columns that are left out. */
  drops: (column: string) => boolean;
  /** Rows that the server says there are; null when it does not say. */
  expectedRows: number | null;
}

/** The bytes of an export on their way: looked at, short of some columns, refused when rows are missing. */
export class ExportRows {
  private readonly observer: CsvObserver;

  constructor(
    private readonly body: Readable,
    private readonly options: ExportRowsOptions,
  ) {
    this.observer = new CsvObserver({ where: options.table, maxOf: options.largestOf });
  }

  /** Once all rows went by; undefined when there is none, or one that could not be read. */
  get largest(): string | undefined {
    return this.observer.max;
  }

  async *csv(): AsyncGenerator<Uint8Array> {
    const { observer, options } = this;
    let drop: DropColumns | undefined;
    let early: Buffer[] = [];
    for await (const chunk of this.body as AsyncIterable<Buffer>) {
      observer.observe(chunk);
      if (drop === undefined) {
        // Which columns there are is known when the whole first line is.
        early.push(chunk);
        const { header } = observer;
        if (header === undefined) continue;
        const dropped = header.flatMap((name, index) => (options.drops(name) ? [index] : []));
        drop = new DropColumns(dropped, observer.bomBytes);
        yield drop.push(Buffer.concat(early));
        early = [];
      } else {
        yield drop.push(chunk);
      }
    }
    observer.end();
    checkRows(options.table, options.expectedRows, observer.rows);
  }

  close(): void {
    this.body.destroy();
  }
}
