import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import { beginSource, COLUMNS, growSource, SOURCE_TABLE } from '../source-rows.js';
import { TargetTable } from '../target-table.js';
import { DATABASE, type IngestCell } from './ingest-cell.js';

/** Rows of one batch, and batches of one run, about. */
const BATCH_ROWS = 250;
const RUN_BATCHES = 40;
const TARGET = 'Rows "kept"';

/** The source table, which grows before each run, and the target. */
export class Ledger extends TargetTable {
  private runs = 0;

  constructor(
    private readonly cell: IngestCell,
    findings: Findings,
    private readonly random: Random,
    readonly isKeyed: boolean,
    /** In every row: found outside of the tables, a row has leaked. */
    private readonly word: string,
  ) {
    super({ database: cell.database, findings, name: TARGET, isKeyed });
  }

  /** Begins anew: nothing in the source, no target. */
  begin(): Promise<void> {
    return beginSource(this.cell.database);
  }

  /** Its watermark workflow is of this cell's task queue. */
  get pipeline(): string {
    return `campaign ${this.cell.taskQueue}`;
  }

  /** The input of the next run's workflow. Every other one asks for one index more: its first batch replaces the table. */
  input(): object {
    this.runs += 1;
    return {
      pipeline: this.pipeline,
      source: {
        type: 'query',
        connection: DATABASE,
        table: SOURCE_TABLE,
        cursor: 'seq',
        batchRows: BATCH_ROWS,
      },
      target: DATABASE,
      tables: [this.table()],
      // The session of a worker that stands still holds the table.
      endBlockersAfterSeconds: 2,
      batchesPerStretch: 7,
    };
  }

  table(): PostgresTable {
    return {
      schema: 'target',
      name: TARGET,
      columns: COLUMNS,
      ...(this.isKeyed ? { primaryKey: ['id'] } : {}),
      indexes: [
        { keys: ['seq'] },
        ...(this.runs % 2 === 0 ? [{ keys: [{ column: 'at', order: 'desc' as const }] }] : []),
      ],
    };
  }

  /** Returns how many rows came to the source. */
  async grow(): Promise<number> {
    const rows = BATCH_ROWS * RUN_BATCHES + this.random.below(BATCH_ROWS);
    const { isKeyed, word } = this;
    await growSource(this.cell.database, { rows, padding: this.random.below(400), isKeyed, word });
    return rows;
  }
}
