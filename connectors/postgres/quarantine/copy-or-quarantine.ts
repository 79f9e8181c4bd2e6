import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import { copyIn } from '../copy.js';
import type { ColumnType } from '../encode/column-types.js';
import { isPostgresFailure, postgresFailure } from '../errors.js';
import type { CopySource } from '../load/portion.js';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';
import { lenientCsv } from './lenient-csv.js';
import { PROBLEM_COLUMN } from './problem.js';
import { ensureQuarantine } from './quarantine-table.js';
import { refuseByConstraints } from './refuse-constraints.js';
import { refuseByValues } from './refuse-values.js';
import { temporaryName, type Staged } from './staged.js';

export interface QuarantineCopy {
  /** The table that errors and the quarantine name. */
  table: TableOf;
  /** SQL of the table that good rows go to: `table` itself, or one that takes its place or is merged into it. */
  into: string;
  /** The columns that good rows must fit, and the live table whose CHECK constraints they must keep. */
  types: readonly ColumnType[];
  constraintsOf: TableOf;
  /** Where bad rows go. */
  quarantine: TableOf;
  run: { pipeline?: string | undefined; run: string };
  /** Key of which the last row alone is wanted; left out: all rows. */
  lastOf?: readonly string[] | undefined;
  /** Number of the first row within the batch, from 1. */
  firstRow: number;
  signal?: AbortSignal | undefined;
}

/**
 * Does what COPY does, but for rows that do not fit: they go to the quarantine, with the reason, in the same transaction. All rows go by way
 * of a temporary table of text, so that one bad value stops nothing. Good rows arrive, but in no order that their place would tell.
 *
 * What is found: values that do not fit their type, are too long or out of range, missing ones, rows of another width, NUL characters, bytes
 * that are not UTF-8, CHECK constraints. What is not: a key that is there twice, a foreign key, a trigger that refuses. Those fail the batch.
 * @param source CSV as it is, or text made by `createLenientEncoder`.
 */
export async function copyOrQuarantine(
  client: ClientBase,
  source: CopySource,
  options: QuarantineCopy,
): Promise<{ rows: number; quarantined: number }> {
  const { table, into, signal } = options;
  if (!['FORMAT csv', 'FORMAT text'].includes(source.format)) throw new TypeError(`no quarantine for ${source.format}`);
  const types = typesOf(source.columns, options.types);
  const name = temporaryName();
  const staged: Staged = {
    staging: `pg_temp.${quoteName(name)}`,
    columns: types,
    texts: types.map((_type, index) => `c${index}`),
  };
  try {
    // Numbered as they come: a COPY is one session's doing.
    await client.query(
      `CREATE TEMPORARY TABLE ${quoteName(name)} (n bigint GENERATED ALWAYS AS IDENTITY, ${staged.texts.map((text) => `${text} text`).join(', ')},
      problem text) ON COMMIT DROP`,
    );
    const list = [...staged.texts, PROBLEM_COLUMN.name].join(', ');
    const chunks =
      source.format === 'FORMAT csv' ? lenientCsv(source.chunks, source.columns, quoteTable(table)) : source.chunks;
    await copyIn(client, `COPY ${staged.staging} (${list}) FROM STDIN WITH (${source.format})`, chunks, { signal });
    await ensureQuarantine(client, options.quarantine);
    const quarantined =
      (await refuseByValues(client, staged, options)) + (await refuseByConstraints(client, staged, options));
    const repeated = await keepLastOf(client, staged, options.lastOf);
    const good = types.map((type, index) => `c${index}::${type.type}`);
    const { rowCount } = await client.query(
      `INSERT INTO ${into} (${types.map((type) => quoteName(type.name)).join(', ')}) OVERRIDING SYSTEM VALUE SELECT ${good.join(', ')} FROM ${staged.staging}`,
    );
    await client.query(`DROP TABLE ${staged.staging}`);
    return { rows: (rowCount ?? 0) + repeated, quarantined };
  } catch (error) {
    if (!isPostgresFailure(error)) throw error;
    throw postgresFailure(error, { doing: 'sorting good rows from bad ones', table: quoteTable(table) });
  }
}

/** While the numbers of the rows are there: where INSERT puts a row does not tell when it came. Returns how many rows it takes away. */
async function keepLastOf(
  client: ClientBase,
  { staging, columns, texts }: Staged,
  key: readonly string[] | undefined,
): Promise<number> {
  const values = columns.flatMap(({ name, type }, index) =>
    key?.includes(name) === true ? [`${texts[index]}::${type}`] : [],
  );
  // A key that is not there as a whole is missing in all rows, which the table refuses.
  if (key === undefined || values.length < key.length) return 0;
  const { rowCount } = await client.query(`DELETE FROM ${staging} WHERE n IN (
    SELECT n FROM (SELECT n, row_number() OVER (PARTITION BY ${values.join(', ')} ORDER BY n DESC) AS place FROM ${staging}) AS ranked
    WHERE place > 1)`);
  return rowCount ?? 0;
}

/** In the order of the source, which may leave columns out. */
function typesOf(columns: readonly string[], types: readonly ColumnType[]): ColumnType[] {
  const byName = new Map(types.map((type) => [type.name, type]));
  return columns.map((column) => {
    const type = byName.get(column);
    if (type !== undefined) return type;
    throw new TidemarkError(`There is no column ${JSON.stringify(column)} to write to.`, {
      code: 'POSTGRES_NOT_FOUND',
      retryable: false,
      mend: 'Name columns as the table does.',
    });
  });
}
