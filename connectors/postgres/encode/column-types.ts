import type { ClientBase } from 'pg';
import type { QualifiedName } from '../quote.js';

/** A type as the server's catalogue has it, with the types that it is made of. */
export interface ValueType {
  /** As SQL spells it, with length or precision, usable in any session: `character varying(10)`, `integer[]`, `sales.colour`. */
  type: string;
  kind: 'base' | 'array' | 'range' | 'multirange' | 'composite' | 'enum' | 'domain';
  /** The catalogue's name: `int4`, `numeric`, `timestamptz`, `_text`, `vector`. */
  base: string;
  /** Between the elements of an array of this type: a comma, but for the type box. */
  delimiter: string;
  /** What an array, a range or a multirange holds (for a multirange: its range). */
  element?: ValueType;
  /** What a domain is over. */
  underlying?: ValueType;
  /** Of a composite type, in order. */
  fields?: readonly (ValueType & { name: string })[];
}

/** A column of a live table. */
export interface ColumnType extends ValueType {
  name: string;
  /** Declared by the column; a domain may refuse null besides. */
  notNull: boolean;
}

interface TypeRow {
  oid: string;
  kind: ValueType['kind'];
  name: string;
  delimiter: string;
  part: string | null;
  partType: string | null;
  fields: { name: string; oid: string; type: string }[] | null;
}

/** The columns of a table that can be written to, in order. Empty when there is no such table, or none with columns. */
export async function readColumnTypes(client: ClientBase, table: QualifiedName): Promise<ColumnType[]> {
  const columns = await client.query<{ name: string; oid: string; type: string; notNull: boolean }>(COLUMNS, [
    table.schema,
    table.name,
  ]);
  const oids = [...new Set(columns.rows.map(({ oid }) => oid))];
  const { rows } = await client.query<TypeRow>(TYPES, [oids]);
  const types = new Map(rows.map((row) => [row.oid, row]));
  return columns.rows.map(({ name, oid, type, notNull }) => ({ ...resolve(types, oid, type), name, notNull }));
}

/** Types cannot hold themselves but by way of a table's row type; PostgreSQL refuses that. */
function resolve(types: ReadonlyMap<string, TypeRow>, oid: string, type: string): ValueType {
  const row = types.get(oid);
  if (row === undefined) throw new TypeError(`the catalogue has no type ${oid}`);
  const part = row.part === null ? undefined : resolve(types, row.part, row.partType ?? '');
  return {
    type,
    kind: row.kind,
    base: row.name,
    delimiter: row.delimiter,
    ...(part === undefined ? {} : row.kind === 'domain' ? { underlying: part } : { element: part }),
    ...(row.fields === null
      ? {}
      : { fields: row.fields.map((field) => ({ ...resolve(types, field.oid, field.type), name: field.name })) }),
  };
}

// format_type leaves out the schema of what the search path finds, as any SQL of the same session may. A generated column
// cannot be written to: COPY refuses it. Not by to_regclass, which asks a cache that may be older than a lock that was waited for.
const COLUMNS = `
SELECT attname::text AS name, atttypid::text AS oid, format_type(atttypid, atttypmod) AS type, attnotnull AS "notNull"
FROM pg_catalog.pg_attribute
WHERE attrelid = (
    SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2)
  AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum`;

// All types that those of $1 are made of. An array is told by its element's typarray: typelem alone is also set for point, name
// and other types that are no arrays in their text. Multiranges came with PostgreSQL 14: as JSON a column that is missing is null.
const TYPES = `
WITH RECURSIVE described AS (
  SELECT t.oid, t.typname, t.typdelim, t.typtype, t.typrelid,
    CASE
      WHEN element.oid IS NOT NULL THEN 'array'
      WHEN t.typtype = 'd' THEN 'domain' WHEN t.typtype = 'e' THEN 'enum' WHEN t.typtype = 'c' THEN 'composite'
      WHEN t.typtype = 'r' THEN 'range' WHEN t.typtype = 'm' THEN 'multirange' ELSE 'base'
    END AS kind,
    CASE
      WHEN element.oid IS NOT NULL THEN t.typelem
      WHEN t.typtype = 'd' THEN t.typbasetype
      WHEN t.typtype = 'r' THEN (SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = t.oid)
      WHEN t.typtype = 'm' THEN (SELECT rngtypid FROM pg_catalog.pg_range r WHERE (to_jsonb(r)->>'rngmultitypid')::oid = t.oid)
    END AS part,
    CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE -1 END AS part_modifier
  FROM pg_catalog.pg_type t
  LEFT JOIN pg_catalog.pg_type element ON element.oid = t.typelem AND element.typarray = t.oid
), reached(oid) AS (
  SELECT unnest($1::oid[])
  UNION
  SELECT parts.oid FROM reached JOIN described USING (oid) CROSS JOIN LATERAL (
    SELECT described.part WHERE described.part IS NOT NULL
    UNION ALL
    SELECT atttypid FROM pg_catalog.pg_attribute
    WHERE described.typtype = 'c' AND attrelid = described.typrelid AND attnum > 0 AND NOT attisdropped
  ) AS parts(oid)
)
SELECT oid::text, kind, typname::text AS name, typdelim::text AS delimiter, part::text,
  CASE WHEN part IS NOT NULL THEN format_type(part, part_modifier) END AS "partType",
  CASE WHEN kind = 'composite' THEN coalesce((
    SELECT json_agg(json_build_object('name', attname, 'oid', atttypid::text, 'type', format_type(atttypid, atttypmod)) ORDER BY attnum)
    FROM pg_catalog.pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped), '[]'::json)
  END AS fields
FROM reached JOIN described USING (oid)`;
