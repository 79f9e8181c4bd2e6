import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import { beginSource, COLUMNS, growSource, SOURCE_TABLE } from '../source-rows.js';
import { TargetTable } from '../target-table.js';
import { DATABASE, type IngestCell, SOURCE } from './ingest-cell.js';

/** Rows of one batch, batches of one run, and how fat notes are, about. */
const SMALL = { rows: 250, batches: 40, padding: 0 };
/** Each is more than what a second session is worth for. */
const LARGE = { rows: 24_000, batches: 4, padding: 600 };
/** Longest wait for sessions that have been cut off to end, and to take away what they had. */
const TIDY_MS = 20_000;
const TARGET = 'Rows "kept"';

/** The source table, which grows before each run, and the target. */
export class Ledger extends TargetTable {
  private runs = 0;

  constructor(
    private readonly cell: IngestCell,
    private readonly findings: Findings,
    private readonly random: Random,
    private readonly kind: {
      isKeyed: boolean;
      isLarge: boolean;
      isAhead?: boolean;
      /** In every row: found outside of the tables, a row has leaked. */
      word: string;
    },
  ) {
    super({ database: cell.database, findings, name: TARGET, isKeyed: kind.isKeyed });
  }

  get isKeyed(): boolean {
    return this.kind.isKeyed;
  }

  private get size(): typeof SMALL {
    return this.kind.isLarge ? LARGE : SMALL;
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
    const { isLarge, isAhead = false } = this.kind;
    this.runs += 1;
    return {
      pipeline: this.pipeline,
      source: {
        type: 'query',
        connection: isAhead ? SOURCE : DATABASE,
        table: SOURCE_TABLE,
        cursor: 'seq',
        batchRows: this.size.rows,
      },
      target: DATABASE,
      tables: [this.table()],
      // The session of a worker that stands still holds the table.
      endBlockersAfterSeconds: 2,
      batchesPerStretch: isLarge ? 3 : 7,
      sessions: isLarge || isAhead ? 2 : 1,
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
    const rows = this.size.rows * this.size.batches + this.random.below(this.size.rows);
    await growSource(this.cell.database, {
      ...this.kind,
      rows,
      padding: this.size.padding + this.random.below(400),
    });
    return rows;
  }

  /** Whatever has been cut off: nothing lies beside the target. */
  async checkTidy(): Promise<void> {
    const left = (): Promise<unknown[]> =>
      this.cell.database.query(`SELECT FROM pg_class WHERE relname LIKE 'tidemark\\_rows\\_%' AND relkind = 'r'`);
    const giveUp = performance.now() + TIDY_MS;
    while ((await left()).length > 0 && performance.now() < giveUp) await sleep(100);
    const { length } = await left();
    this.findings.expect(length === 0, `${length} tables of second sessions are left`);
  }
}
