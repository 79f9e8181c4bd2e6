import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import { quoteName } from '../quote.js';
import { DELETED_AT_COLUMN } from './column-types.js';

/** What rows are read from. */
export interface RowSource {
  /** Goes behind FROM: a quoted table, or a query in brackets with an alias. */
  from: string;
  /** What errors call it: `table "cust_customers"`. */
  what: string;
  /** Only these rows: a condition in SQL. */
  condition?: string;
}

interface ColumnType {
  oid: number;
  name: string;
  /** As `format_type` says it. */
  fullName: string;
  /** `pg_type.typtype`: b a base type, c a composite one, e an enum, r a range, m a multirange, p a pseudo-type. Domains tell their base. */
  kind: string;
  /** `pg_type.typcategory`: A an array, G a geometric type, ... */
  category: string;
}

/** Composite types, ranges and pseudo-types: their text is PostgreSQL's own affair. */
const OPAQUE_KINDS = new Set(['c', 'r', 'm', 'p']);
/** Arrays and geometric types. */
const OPAQUE_CATEGORIES = new Set(['A', 'G']);
/** A sum of money is spelled as the server's locale has it; the others have no spelling that another system would read. */
const OPAQUE_TYPES = new Set(['money', 'tsvector', 'tsquery', 'pg_lsn', 'txid_snapshot', 'pg_snapshot']);

/**
 * The SELECT whose text is what TitanRDM takes: `true` and `false` for booleans, no padding, rows that are marked as deleted left out.
 * Takes the lock that keeps the columns as they are until the transaction's end.
 *
 * @throws TidemarkError `UNSUPPORTED_COLUMN_TYPE`, `MALFORMED_CSV` (two columns of one name)
 */
export async function selectRows(client: ClientBase, { from, what, condition }: RowSource): Promise<string> {
  // The parameter is for the sake of the extended protocol: a second statement behind a semicolon is refused by the server.
  const { fields } = await client.query(`SELECT * FROM ${from} LIMIT $1`, [0]);
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new TidemarkError(`Two columns of ${what} are named "${twice}".`, {
      code: 'MALFORMED_CSV',
      retryable: false,
      mend: 'Give each column a name of its own.',
    });
  }
  const types = await typesOf(client, [...new Set(fields.map(({ dataTypeID }) => dataTypeID))]);
  const list = fields
    .filter(({ name }) => name !== DELETED_AT_COLUMN)
    .map(({ name, dataTypeID }) => expression(name, types.get(dataTypeID), what));
  const conditions = [
    ...(names.includes(DELETED_AT_COLUMN) ? [`${quoteName(DELETED_AT_COLUMN)} IS NULL`] : []),
    ...(condition === undefined ? [] : [condition]),
  ];
  return `SELECT ${list.join(', ')} FROM ${from}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
}

/** Bytes of it are Tidemark's CSV: an unquoted empty field is NULL, `""` the empty string. */
export function copyStatement(select: string): string {
  return `COPY (${select}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')`;
}

async function typesOf(client: ClientBase, oids: readonly number[]): Promise<Map<number, ColumnType>> {
  const { rows } = await client.query<ColumnType>(
    `SELECT oid::int8::float8 AS oid, typname::text AS name, pg_catalog.format_type(oid, NULL) AS "fullName",
      typtype::text AS kind, typcategory::text AS category
    FROM pg_catalog.pg_type WHERE oid = ANY ($1::oid[])`,
    [oids],
  );
  return new Map(rows.map((type) => [type.oid, type]));
}

function expression(name: string, type: ColumnType | undefined, what: string): string {
  const column = quoteName(name);
  if (type === undefined || OPAQUE_KINDS.has(type.kind) || OPAQUE_CATEGORIES.has(type.category)) {
    throw unsupported(name, type, what);
  }
  if (OPAQUE_TYPES.has(type.name)) throw unsupported(name, type, what);
  // COPY spells booleans `t` and `f`, and fills character(n) with blanks.
  return type.name === 'bool' || type.name === 'bpchar' ? `${column}::text AS ${column}` : column;
}

function unsupported(name: string, type: ColumnType | undefined, what: string): TidemarkError {
  return new TidemarkError(
    `Column "${name}" of ${what} is of type ${type?.fullName ?? 'unknown'}, which TitanRDM has no counterpart of.`,
    {
      code: 'UNSUPPORTED_COLUMN_TYPE',
      retryable: false,
      mend: 'Read from a view or a named query that casts it to text, or leaves it out.',
    },
  );
}
