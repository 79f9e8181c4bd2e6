import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import type {
  PostgresColumn,
  PostgresIndex,
  PostgresIndexKey,
  PostgresTable,
} from '../../../contracts/postgres-table.js';
import { TidemarkError } from '../../../contracts/errors.js';
import { quoteName, quoteTable, quoteText } from '../quote.js';
import { inPassing, setCataloguePath } from './catalogue-path.js';
import { readCore } from './read-core.js';
import type { WantedTable } from './shape.js';

/**
 * The definition in the catalogue's own words: a scratch table is made in a savepoint, read by the same query as the live
 * one, and undone. So `varchar(10)` and `character varying (10)` are the same, a column that is unique is what the server
 * makes of it, and an expression or a condition reads as the server would tell it of the live table.
 *
 * @throws TidemarkError `POSTGRES_DEFINITION` naming the table and the column or index that the server does not accept.
 */
export async function wantedShape(client: ClientBase, definition: PostgresTable): Promise<WantedTable> {
  const scratchTable = { schema: 'pg_temp', name: `_tidemark_${randomUUID().replaceAll('-', '')}` };
  const scratch = quoteTable(scratchTable);
  try {
    return await inPassing(client, async () => {
      await client.query('SELECT $1::text[]::regtype[]', [definition.columns.map((column) => typeOf(column))]);
      await client.query(scratchStatements(scratch, definition).join(';\n'));
      await setCataloguePath(client);
      const made = await readCore(client, scratchTable);
      if (made === undefined) throw new Error('the scratch table is gone');
      return {
        schema: definition.schema,
        name: definition.name,
        columns: made.columns.map(({ name, type, notNull }) => ({ name, type, notNull })),
        primaryKey: made.primaryKey,
        indexes: made.indexes.map(({ unique, definition: text, isConstraint }) => ({
          unique,
          definition: text,
          isConstraint,
        })),
        comments: commentsOf(definition),
      };
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw (await findCulprit(client, definition, scratch)) ?? refusal(definition, 'the table as it is defined', error);
  }
}

function commentsOf({ comment, columns }: PostgresTable): WantedTable['comments'] {
  const said = columns.flatMap((column) =>
    column.comment === undefined ? [] : [[column.name, column.comment] as const],
  );
  return { ...(comment === undefined ? {} : { table: comment }), columns: new Map(said) };
}

/** Serial types are integers with a sequence beside them; rows bring all their values, so that the sequence would be idle. */
const SERIAL_TYPES: Readonly<Record<string, string>> = {
  smallserial: 'smallint',
  serial2: 'smallint',
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
};

function typeOf({ type }: PostgresColumn): string {
  return SERIAL_TYPES[type.trim().toLowerCase()] ?? type;
}

function columnStatement(column: PostgresColumn): string {
  const { name, nullable } = column;
  return `${quoteName(name)} ${typeOf(column)}${nullable === false ? ' NOT NULL' : ''}`;
}

function scratchStatements(scratch: string, definition: PostgresTable): string[] {
  const { columns, primaryKey, indexes = [] } = definition;
  return [
    `CREATE TABLE ${scratch} (${columns.map(columnStatement).join(', ')})`,
    ...(primaryKey === undefined
      ? []
      : [`ALTER TABLE ${scratch} ADD PRIMARY KEY (${primaryKey.map((name) => quoteName(name)).join(', ')})`]),
    ...columns
      .filter(({ unique }) => unique === true)
      .map(({ name }) => `ALTER TABLE ${scratch} ADD UNIQUE (${quoteName(name)})`),
    ...indexes.map((index) => indexStatement(scratch, index)),
  ];
}

function indexStatement(table: string, index: PostgresIndex): string {
  const { keys, method = 'btree', unique = false, include = [], where, with: options = {} } = index;
  const settings = Object.entries(options).map(([name, value]) => `${name} = ${quoteText(String(value))}`);
  return [
    `CREATE${unique ? ' UNIQUE' : ''} INDEX ON ${table} USING ${method} (${keys.map(indexKey).join(', ')})`,
    ...(include.length === 0 ? [] : [`INCLUDE (${include.map((name) => quoteName(name)).join(', ')})`]),
    ...(settings.length === 0 ? [] : [`WITH (${settings.join(', ')})`]),
    ...(where === undefined ? [] : [`WHERE (${where})`]),
  ].join(' ');
}

function indexKey(key: PostgresIndexKey): string {
  if (typeof key === 'string') return quoteName(key);
  const { order, nulls, operatorClass, collation } = key;
  return [
    'column' in key ? quoteName(key.column) : `(${key.expression})`,
    ...(collation === undefined ? [] : [`COLLATE ${quoteName(collation)}`]),
    ...(operatorClass === undefined ? [] : [quoteName(operatorClass)]),
    ...(order === undefined ? [] : [order.toUpperCase()]),
    ...(nulls === undefined ? [] : [`NULLS ${nulls.toUpperCase()}`]),
  ].join(' ');
}

/** Tries one part after the other until one is refused. */
async function findCulprit(
  client: ClientBase,
  definition: PostgresTable,
  scratch: string,
): Promise<TidemarkError | undefined> {
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<TidemarkError | undefined> => {
    try {
      await inPassing(client, work);
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return refusal(definition, what, error);
      throw error;
    }
  };
  for (const column of definition.columns) {
    const found = await attempt(`column "${column.name}" (type ${column.type})`, async () => {
      // A type's name and nothing else: a default or a constraint in its place is refused here.
      await client.query('SELECT $1::regtype', [typeOf(column)]);
      await client.query(`CREATE TABLE ${scratch} (${columnStatement(column)})`);
    });
    if (found !== undefined) return found;
  }
  const { indexes: _, ...bare } = definition;
  for (const index of definition.indexes ?? []) {
    const statements = scratchStatements(scratch, { ...bare, indexes: [index] });
    const what = `the index on ${index.keys.map((key) => (typeof key === 'string' ? `"${key}"` : 'column' in key ? `"${key.column}"` : key.expression)).join(', ')}`;
    const found = await attempt(what, () => client.query(statements.join(';\n')));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The server's text about a definition holds names of the definition only, never a row's value. */
function refusal(definition: PostgresTable, what: string, error: ServerRefusal): TidemarkError {
  if (error.code === '42501')
    return new TidemarkError(
      `The role may not make the temporary table that tells how PostgreSQL sees the definition of ${quoteTable(definition)}: ${error.message}.`,
      { code: 'POSTGRES_PERMISSION', retryable: false, mend: 'GRANT TEMPORARY ON DATABASE to it.', cause: error },
    );
  return new TidemarkError(`PostgreSQL refuses ${what} of table ${quoteTable(definition)}: ${error.message}.`, {
    code: 'POSTGRES_DEFINITION',
    retryable: false,
    mend: 'Give types, columns and expressions as PostgreSQL spells them; a type outside the search path needs its schema.',
    cause: error,
  });
}

interface ServerRefusal extends Error {
  code: string;
}

/** Classes of SQLSTATE that are about what was asked, not about the state of server or connection. */
function isRefusal(error: unknown): error is ServerRefusal {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(0A|22|3F|42|54)...$/.test(error.code)
  );
}
