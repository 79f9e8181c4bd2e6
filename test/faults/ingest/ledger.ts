import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import { DATABASE, type IngestCell } from './ingest-cell.js';

/** Rows of one batch, and batches of one run, about. */
const BATCH_ROWS = 250;
const RUN_BATCHES = 40;
/** Ids that rows of the keyed table share: later rows of an id replace earlier ones, within a batch and across batches. */
const IDS = 3_000;

/**
 * The source table, which grows before each run, and what the target must hold: every row of it up to the watermark, as a multiset;
 * with a key, the last row of each id.
 */
export class Ledger {
  private runs = 0;

  constructor(
    private readonly cell: IngestCell,
    private readonly findings: Findings,
    private readonly random: Random,
    readonly isKeyed: boolean,
    /** In every row: found outside of the tables, a row has leaked. */
    private readonly word: string,
  ) {}

  /** Begins anew: nothing in the source, no target. */
  async begin(): Promise<void> {
    await this.cell.query('DROP SCHEMA IF EXISTS source, target CASCADE');
    await this.cell.query('CREATE SCHEMA source');
    await this.cell.query(
      'CREATE TABLE source.rows (seq bigint PRIMARY KEY, id bigint NOT NULL, note text, amount numeric(20,4), at timestamptz)',
    );
  }

  /** The input of the next run's workflow. Every other one asks for one index more: its first batch replaces the table. */
  input(): object {
    this.runs += 1;
    return {
      // Its watermark workflow is of this cell's task queue.
      pipeline: `campaign ${this.cell.taskQueue}`,
      source: {
        type: 'query',
        connection: DATABASE,
        table: { schema: 'source', name: 'rows' },
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
      name: 'Rows "kept"',
      columns: [
        { name: 'seq', type: 'bigint', nullable: false },
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'note', type: 'text' },
        { name: 'amount', type: 'numeric(20,4)' },
        { name: 'at', type: 'timestamptz' },
      ],
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
    const padding = this.random.below(400);
    await this.cell.query(
      `INSERT INTO source.rows
       SELECT last.seq + n, ${this.isKeyed ? `(n * 7919 + last.seq) % ${IDS}` : 'n'}, CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE $1 || E',"\\n\\t\\\\' || n || repeat('x', $2) END,
         n / 7.0, timestamptz '2024-01-01 UTC' + n * interval '1 second'
       FROM (SELECT coalesce(max(seq), 0) AS seq FROM source.rows) last, generate_series(1, $3::bigint) n`,
      [this.word, padding, rows],
    );
    return rows;
  }

  /** Whatever has happened so far: the target holds what its watermark says, no row more and none less. */
  async check(when: string): Promise<void> {
    const isThere = await this.cell.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [TARGET]);
    if (isThere[0]?.there !== true) return;
    const [found] = await this.cell.query<{ mark: string | null; wanted: string; lost: string; surplus: string }>(
      this.compare(),
    );
    if (found === undefined) return;
    const [lost, surplus] = [Number(found.lost), Number(found.surplus)];
    this.findings.rowsExpected += Number(found.wanted);
    if (lost > 0)
      this.findings.add('lost', `${when}: ${lost} rows up to ${found.mark ?? 'no watermark'} are not there`, lost);
    if (surplus > 0)
      this.findings.add(
        'duplicated',
        `${when}: ${surplus} rows are too many at ${found.mark ?? 'no watermark'}`,
        surplus,
      );
  }

  /** After a run that has ended well: nothing of the source is missing. */
  async checkWhole(): Promise<void> {
    await this.check('at the end');
    const [found] = await this.cell.query<{ mark: string | null; last: string }>(
      `SELECT ${MARK} AS mark, (SELECT max(seq)::text FROM source.rows) AS last`,
    );
    this.findings.expect(
      found?.mark === found?.last,
      `the watermark ended at ${found?.mark ?? 'none'}, not ${found?.last ?? 'none'}`,
    );
    const temporary = await this.cell.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relname LIKE '\\_tmp\\_%' AND relkind = 'r'`,
    );
    this.findings.expect(
      temporary.length === 0,
      `temporary tables are left: ${temporary.map(({ name }) => name).join(', ')}`,
    );
  }

  /** Watermark as a number, 0 before the first; undefined while the server is away. */
  async watermark(): Promise<number | undefined> {
    try {
      const [found] = await this.cell.query<{ mark: string | null }>(`SELECT ${MARK} AS mark`);
      return Number(found?.mark ?? 0);
    } catch {
      // The server is being restarted: there is nothing to see.
      return undefined;
    }
  }

  /** One statement, so one snapshot: rows and watermark belong together. */
  private compare(): string {
    const expected = this.isKeyed
      ? 'SELECT DISTINCT ON (id) * FROM source.rows, mark WHERE seq <= mark.seq_limit ORDER BY id, seq DESC'
      : 'SELECT * FROM source.rows, mark WHERE seq <= mark.seq_limit';
    const columns = 'seq, id, note, amount, at';
    return `
      WITH mark AS (SELECT coalesce(${MARK}::bigint, 0) AS seq_limit),
        wanted AS (SELECT ${columns} FROM (${expected}) e),
        actual AS (SELECT ${columns} FROM ${TARGET})
      SELECT (SELECT seq_limit::text FROM mark) AS mark, (SELECT count(*)::text FROM wanted) AS wanted,
        (SELECT count(*)::text FROM (TABLE wanted EXCEPT ALL TABLE actual) l) AS lost,
        (SELECT count(*)::text FROM (TABLE actual EXCEPT ALL TABLE wanted) s) AS surplus`;
  }
}

const TARGET = `target."Rows ""kept"""`;
/**
 * The comment is what pg-bulk-ingest would read. All of it from the catalogue's tables, so from one snapshot: `to_regclass` would find a
 * table that was put in place a moment ago, whose comment the snapshot does not see.
 */
const MARK = `(
  SELECT d.description::jsonb -> 'pg-bulk-ingest' ->> 'high-watermark'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  WHERE n.nspname = 'target' AND c.relname = 'Rows "kept"')`;
