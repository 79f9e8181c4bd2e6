import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { TidemarkError } from '../../../contracts/errors.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { CsvObserver } from '../../tables/csv-observer.js';
import { duckCsv, type CsvHeader } from '../../tables/duck-csv.js';
import { Duck, exactPath, identifier } from '../../tables/duck.js';
import { spoolDirectory } from '../../tables/spool.js';
import type { QualifiedName } from '../quote.js';

export interface InferOptions {
  signal?: AbortSignal;
  spoolDirectory?: string;
}

/**
 * Proposes a definition for a CSV or Parquet file, for a person to look over. All rows are read. In CSV a type is proposed only where
 * every value survives it letter by letter: `00501`, `1.10` beside `1.1`, `NA` and `TRUE` stay text. There is no primary key in it: which
 * columns are one is known to the person alone. Errors `TABLE_NOT_FOUND`, `BAD_CSV`.
 */
export async function inferTable(
  file: string,
  table: QualifiedName,
  options: InferOptions = {},
): Promise<PostgresTable> {
  const found = path.resolve(file);
  if (statSync(found, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new TidemarkError(`There is no file ${found}.`, { code: 'TABLE_NOT_FOUND', retryable: false });
  }
  const spool = await spoolDirectory(options.spoolDirectory);
  const duck = await Duck.open({ directories: [path.dirname(found)], spoolDirectory: spool, memoryMegabytes: 256 });
  try {
    const isParquet = found.toLowerCase().endsWith('.parquet');
    const source = isParquet ? `read_parquet(${exactPath(found)})` : await duckCsv(found, await headerOf(found));
    const described = await duck.run(
      `SELECT column_name, column_type FROM (DESCRIBE FROM ${source})`,
      `Reading ${found}`,
      options.signal,
    );
    const columns = described.map(([name, type]) => ({ name: String(name), type: String(type) }));
    const looks = columns.map(({ name }, index) => lookAt(identifier(name), index, isParquet));
    const rows = await duck.run(`SELECT ${looks.flat().join(', ')} FROM ${source}`, `Reading ${found}`, options.signal);
    const answers = rows[0] ?? [];
    const width = looks[0]?.length ?? 1;
    return {
      ...table,
      columns: columns.map(({ name, type }, index) => {
        const [hasNull, ...fits] = answers.slice(index * width, (index + 1) * width);
        const proposed = isParquet
          ? (PARQUET_TYPES[type] ?? decimalOf(type) ?? 'text')
          : (CSV_TYPES[fits.indexOf(true)]?.type ?? 'text');
        return { name, type: proposed, ...(hasNull === true ? {} : { nullable: false }) };
      }),
    };
  } finally {
    await duck.close();
  }
}

/** In the order in which they are preferred: the first that every value fits letter by letter. */
const CSV_TYPES = [
  { type: 'bigint', pattern: '(0|-?[1-9][0-9]{0,17})' },
  { type: 'boolean', pattern: '(true|false)' },
  { type: 'date', pattern: '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])', duck: 'DATE' },
  {
    type: 'timestamptz',
    pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)',
    duck: 'TIMESTAMPTZ',
  },
  {
    type: 'timestamp',
    pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?',
    duck: 'TIMESTAMP',
  },
  { type: 'uuid', pattern: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' },
  // Digits behind the point are kept by `numeric` without a scale; leading zeros, a plus sign and exponents would not be.
  { type: 'numeric', pattern: '-?(0|[1-9][0-9]*)([.][0-9]+)?' },
] as const;

const PARQUET_TYPES: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'smallint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  UTINYINT: 'smallint',
  USMALLINT: 'integer',
  UINTEGER: 'bigint',
  UBIGINT: 'numeric(20,0)',
  HUGEINT: 'numeric(39,0)',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  VARCHAR: 'text',
  BLOB: 'bytea',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  INTERVAL: 'interval',
  UUID: 'uuid',
  JSON: 'jsonb',
};

const decimalOf = (type: string): string | undefined =>
  /^DECIMAL\(\d+,\d+\)$/u.test(type) ? type.replace('DECIMAL', 'numeric') : undefined;

/** Questions about one column: has it NULLs, and which types does it fit. A column of nothing but NULLs fits none. */
function lookAt(column: string, index: number, isParquet: boolean): string[] {
  const hasNull = `count(*) > count(${column}) AS null_${index}`;
  if (isParquet) return [hasNull];
  return [
    hasNull,
    ...CSV_TYPES.map((candidate, number) => {
      const castable = 'duck' in candidate ? ` AND TRY_CAST(${column} AS ${candidate.duck}) IS NOT NULL` : '';
      return `coalesce(bool_and(regexp_full_match(${column}, '${candidate.pattern}')${castable}), false) AS fits_${index}_${number}`;
    }),
  ];
}

async function headerOf(file: string): Promise<CsvHeader> {
  const observer = new CsvObserver({ where: file });
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    observer.observe(chunk);
    if (observer.header !== undefined) break;
  }
  if (observer.header === undefined) observer.end();
  const { header = [], headerEnd } = observer;
  return { header, headerEnd };
}
