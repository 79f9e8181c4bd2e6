import type { IngestData, IngestFiles } from '../data/ingest-files.js';
import type { Step } from './copy-limit.js';
import type { StartState } from './server.js';
import { SCHEMA, tableDefinition, TABLE, type Compared } from './table.js';
import type { BenchSource } from './source.js';

/** What one case moves, into what, and what PostgreSQL itself would do for it. */
export interface IngestCase {
  name: string;
  about: string;
  source: BenchSource['type'];
  files: (data: IngestData) => Promise<IngestFiles>;
  /** The same rows as CSV, for the limit; left out: the files themselves. */
  limitFiles?: (data: IngestData) => Promise<IngestFiles>;
  key: boolean;
  /** Those of Tidemark that copy rows, at most; left out: one. */
  sessions?: number;
  /** `full`: all rows of the CSV are there. */
  start: StartState;
  limit: 'copy' | 'merge' | 'merge what changed';
  /** The peer takes part by its Arrow path too, with Parquet. */
  arrow?: true;
}

export const ingestCases: readonly IngestCase[] = [
  {
    name: 'append-csv',
    about: 'a CSV file, table without key',
    source: 'csv',
    files: (data) => data.csv(),
    key: false,
    sessions: 2,
    start: 'empty',
    limit: 'copy',
  },
  {
    name: 'append-parquet',
    about: 'a Parquet file, table without key',
    source: 'parquet',
    files: (data) => data.parquet(),
    limitFiles: (data) => data.csv(),
    key: false,
    sessions: 2,
    start: 'empty',
    limit: 'copy',
    arrow: true,
  },
  {
    name: 'append-rows',
    about: 'values of the language, row by row, table without key',
    source: 'rows',
    files: (data) => data.pooled(),
    key: false,
    sessions: 2,
    start: 'empty',
    limit: 'copy',
  },
  {
    name: 'key-empty',
    about: 'a CSV file, table with key that is not there yet',
    source: 'csv',
    files: (data) => data.csv(),
    key: true,
    start: 'empty',
    limit: 'copy',
    arrow: true,
  },
  {
    name: 'key-full',
    about: 'a CSV file, every row is there with other values',
    source: 'csv',
    files: (data) => data.changed(),
    key: true,
    sessions: 2,
    start: 'full',
    limit: 'merge',
  },
  {
    name: 'key-unchanged',
    about: 'a CSV file, every row is there as it is',
    source: 'csv',
    files: (data) => data.csv(),
    key: true,
    start: 'full',
    limit: 'merge what changed',
  },
  {
    name: 'batches-100',
    about: 'the rows in 100 CSV files, each a batch with its watermark, table without key',
    source: 'csv',
    files: (data) => data.parts(),
    key: false,
    sessions: 2,
    start: 'empty',
    limit: 'copy',
  },
  {
    name: 'delta',
    about: 'a hundredth of the rows onto the full table, half of them there with other values, half of them new',
    source: 'csv',
    files: (data) => data.delta(),
    key: true,
    start: 'full',
    limit: 'merge',
  },
];

/** What the limit runs: nothing that does not have to be. */
export function limitSteps({ limit }: IngestCase, files: IngestFiles): Step[] {
  const target = `${SCHEMA}.${TABLE}`;
  const copies = (into: string): Step[] => files.paths.map((file) => ({ copy: into, file, format: 'csv' }));
  if (limit === 'copy') return copies(target);
  const names = tableDefinition(true).columns.map(({ name }) => name);
  const values = names.map((name) => `${name} = excluded.${name}`).join(', ');
  const changed =
    limit === 'merge'
      ? ''
      : ` WHERE NOT EXISTS (SELECT FROM ${target} AS old WHERE old.id = incoming.id AND (${names.map((name) => `old.${name}`).join(', ')}) IS NOT DISTINCT FROM (${names.map((name) => `incoming.${name}`).join(', ')}))`;
  return [
    { sql: 'BEGIN' },
    { sql: `CREATE TEMPORARY TABLE incoming (LIKE ${target})` },
    ...copies('incoming'),
    { sql: `INSERT INTO ${target} SELECT * FROM incoming${changed} ON CONFLICT (id) DO UPDATE SET ${values}` },
    { sql: 'COMMIT' },
  ];
}

/** What of the peer's rows can be compared. */
export function comparedOfPeer({ source }: IngestCase): Compared {
  return source === 'csv' ? 'empty as null' : 'everything';
}
