import type { Findings } from './findings.js';
import type { JudgedPostgres } from './judged-postgres.js';

/** Columns of the source, and of each target. */
export const SOURCE_COLUMNS = 'seq, id, note, amount, at';

export interface TargetTableOptions {
  database: JudgedPostgres;
  findings: Findings;
  /** Its name in the schema `target`. */
  name: string;
  /** With the key `id`: the last row of each id is what must be there. */
  isKeyed: boolean;
}

/**
 * A table that `source.rows` is brought into, and what it must hold: every row of the source up to its watermark, as a multiset; with a
 * key, the last row of each id.
 */
export class TargetTable {
  constructor(private readonly options: TargetTableOptions) {}

  /** Whatever has happened so far: the target holds what its watermark says, no row more and none less. */
  async check(when: string): Promise<void> {
    const { database, findings } = this.options;
    const isThere = await database.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [
      this.quoted,
    ]);
    if (isThere[0]?.there !== true) return;
    const [found] = await database.query<{ mark: string | null; wanted: string; lost: string; surplus: string }>(
      this.compare(),
    );
    if (found === undefined) return;
    const [lost, surplus] = [Number(found.lost), Number(found.surplus)];
    findings.rowsExpected += Number(found.wanted);
    const at = found.mark ?? 'no watermark';
    if (lost > 0) findings.add('lost', `${when}: ${lost} rows up to ${at} are not there`, lost);
    if (surplus > 0) findings.add('duplicated', `${when}: ${surplus} rows are too many at ${at}`, surplus);
  }

  /** After a run that has ended well: nothing of the source is missing. */
  async checkWhole(): Promise<void> {
    const { database, findings } = this.options;
    await this.check('at the end');
    const [found] = await database.query<{ mark: string | null; last: string }>(
      `SELECT ${this.mark} AS mark, (SELECT max(seq)::text FROM source.rows) AS last`,
    );
    findings.expect(
      found?.mark === found?.last,
      `the watermark ended at ${found?.mark ?? 'none'}, not ${found?.last ?? 'none'}`,
    );
    const temporary = await database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relname LIKE '\\_tmp\\_%' AND relkind = 'r'`,
    );
    findings.expect(
      temporary.length === 0,
      `temporary tables are left: ${temporary.map(({ name }) => name).join(', ')}`,
    );
  }

  /** Watermark as a number, 0 before the first; undefined while the server is away. */
  async watermark(): Promise<number | undefined> {
    try {
      const [found] = await this.options.database.query<{ mark: string | null }>(`SELECT ${this.mark} AS mark`);
      return Number(found?.mark ?? 0);
    } catch {
      // The server is being restarted: there is nothing to see.
      return undefined;
    }
  }

  /** One statement, so one snapshot: rows and watermark belong together. */
  private compare(): string {
    const expected = this.options.isKeyed
      ? 'SELECT DISTINCT ON (id) * FROM source.rows, mark WHERE seq <= mark.seq_limit ORDER BY id, seq DESC'
      : 'SELECT * FROM source.rows, mark WHERE seq <= mark.seq_limit';
    return `
      WITH mark AS (SELECT coalesce(${this.mark}::bigint, 0) AS seq_limit),
        wanted AS (SELECT ${SOURCE_COLUMNS} FROM (${expected}) e),
        actual AS (SELECT ${SOURCE_COLUMNS} FROM ${this.quoted})
      SELECT (SELECT seq_limit::text FROM mark) AS mark, (SELECT count(*)::text FROM wanted) AS wanted,
        (SELECT count(*)::text FROM (TABLE wanted EXCEPT ALL TABLE actual) l) AS lost,
        (SELECT count(*)::text FROM (TABLE actual EXCEPT ALL TABLE wanted) s) AS surplus`;
  }

  private get quoted(): string {
    return `target."${this.options.name.replaceAll('"', '""')}"`;
  }

  /**
   * The comment is what pg-bulk-ingest would read. All of it from the catalogue's tables, so from one snapshot: `to_regclass` would find
   * a table that was put in place a moment ago, whose comment the snapshot does not see.
   */
  private get mark(): string {
    return `(
      SELECT d.description::jsonb -> 'pg-bulk-ingest' ->> 'high-watermark'
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
      WHERE n.nspname = 'target' AND c.relname = '${this.options.name.replaceAll("'", "''")}')`;
  }
}
