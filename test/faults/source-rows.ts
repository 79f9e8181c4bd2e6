import type { PostgresTable } from '../../contracts/postgres-table.js';
import type { JudgedPostgres } from './judged-postgres.js';

/** The table that ingests read, in the order of its `seq`. */
export const SOURCE_TABLE = { schema: 'source', name: 'rows' };
export const COLUMNS: PostgresTable['columns'] = [
  { name: 'seq', type: 'bigint', nullable: false },
  { name: 'id', type: 'bigint', nullable: false },
  { name: 'note', type: 'text' },
  { name: 'amount', type: 'numeric(20,4)' },
  { name: 'at', type: 'timestamptz' },
];
/** Ids that rows of a keyed table share: later rows of an id replace earlier ones, within a batch and across batches. */
const IDS = 3_000;
/** Those of large batches are in order, and come again so many rows later. */
const LARGE_IDS = 40_000;

/** Begins anew: nothing in the source, no target. */
export async function beginSource(database: JudgedPostgres): Promise<void> {
  await database.query('DROP SCHEMA IF EXISTS source, target CASCADE');
  await database.query('CREATE SCHEMA source');
  await database.query(
    'CREATE TABLE source.rows (seq bigint PRIMARY KEY, id bigint NOT NULL, note text, amount numeric(20,4), at timestamptz)',
  );
}

export interface Growth {
  rows: number;
  /** Characters by which notes are fattened. */
  padding: number;
  isKeyed: boolean;
  isLarge?: boolean;
  /** In every note: found outside of the tables, a row has leaked. */
  word: string;
}

/** So many rows more, in one transaction. */
export async function growSource(
  database: JudgedPostgres,
  { rows, padding, isKeyed, isLarge = false, word }: Growth,
): Promise<void> {
  const id = isLarge ? `(last.seq + n) % ${LARGE_IDS}` : `(n * 7919 + last.seq) % ${IDS}`;
  await database.query(
    `INSERT INTO source.rows
     SELECT last.seq + n, ${isKeyed ? id : 'n'}, CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE $1 || E',"\\n\\t\\\\' || n || repeat('x', $2) END,
       n / 7.0, timestamptz '2024-01-01 UTC' + n * interval '1 second'
     FROM (SELECT coalesce(max(seq), 0) AS seq FROM source.rows) last, generate_series(1, $3::bigint) n`,
    [word, padding, rows],
  );
}
