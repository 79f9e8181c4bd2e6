import type { ClientBase } from 'pg';
import type { PostgresIndex, PostgresIndexKey, PostgresTable } from '../../../contracts/postgres-table.js';
import type { QualifiedName } from '../quote.js';

interface ColumnRow {
  name: string;
  type: string;
  nullable: boolean;
  unique: boolean;
}

interface IndexRow {
  isPrimary: boolean;
  isUnique: boolean;
  /** A UNIQUE constraint over one column: that column's own `unique`. */
  isUniqueColumn: boolean;
  method: string;
  condition: string | null;
  include: string[];
  options: string[] | null;
  keys: {
    column: string | null;
    expression: string;
    descending: boolean;
    nullsFirst: boolean;
    operatorClass: string | null;
    collation: string | null;
  }[];
}

/**
 * The definition of a table that is there, as plain data: what an ingest would have to be given to leave it as it is. Undefined when
 * there is no such table. Defaults, checks, foreign keys and triggers are no part of a definition. Comments are left out, which keeps
 * them: the table's own may hold the high watermark.
 */
export async function tableFromLive(
  client: ClientBase,
  { schema, name }: QualifiedName,
): Promise<PostgresTable | undefined> {
  const found = await client.query<{ columns: ColumnRow[] | null; indexes: IndexRow[] | null }>(READ, [schema, name]);
  const { columns, indexes } = found.rows[0] ?? { columns: null, indexes: null };
  if (columns === null) return undefined;
  const primary = indexes?.find((index) => index.isPrimary);
  const others = (indexes ?? []).filter((index) => !index.isPrimary && !index.isUniqueColumn);
  return {
    schema,
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      ...(column.nullable ? {} : { nullable: false }),
      ...(column.unique ? { unique: true } : {}),
    })),
    ...(primary === undefined
      ? {}
      : { primaryKey: primary.keys.map(({ column, expression }) => column ?? expression) }),
    ...(others.length === 0 ? {} : { indexes: others.map(indexOf) }),
  };
}

function indexOf(index: IndexRow): PostgresIndex {
  return {
    keys: index.keys.map(keyOf),
    ...(index.method === 'btree' ? {} : { method: index.method }),
    ...(index.isUnique ? { unique: true } : {}),
    ...(index.include.length === 0 ? {} : { include: index.include }),
    ...(index.condition === null ? {} : { where: index.condition }),
    ...(index.options === null ? {} : { with: Object.fromEntries(index.options.map(optionOf)) }),
  };
}

function keyOf(key: IndexRow['keys'][number]): PostgresIndexKey {
  const extras = {
    ...(key.descending ? { order: 'desc' as const } : {}),
    ...(key.nullsFirst === key.descending ? {} : { nulls: key.nullsFirst ? ('first' as const) : ('last' as const) }),
    ...(key.operatorClass === null ? {} : { operatorClass: key.operatorClass }),
    ...(key.collation === null ? {} : { collation: key.collation }),
  };
  if (key.column === null) return { expression: key.expression, ...extras };
  return Object.keys(extras).length === 0 ? key.column : { column: key.column, ...extras };
}

const optionOf = (option: string): [string, string] => {
  const [name = '', ...value] = option.split('=');
  return [name, value.join('=')];
};

const READ = `
  WITH live AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
  ), live_index AS (
    SELECT i.*, c.reloptions, am.amname,
      EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype = 'u') AND i.indnkeyatts = 1 AS is_unique_column
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
    WHERE i.indrelid = (SELECT oid FROM live)
  )
  SELECT
    (SELECT json_agg(json_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
        'unique', EXISTS (SELECT FROM live_index i WHERE i.is_unique_column AND i.indkey[0] = a.attnum)) ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = live.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT json_agg(json_build_object(
        'isPrimary', i.indisprimary, 'isUnique', i.indisunique, 'isUniqueColumn', i.is_unique_column,
        'method', i.amname, 'condition', pg_get_expr(i.indpred, i.indrelid), 'options', i.reloptions,
        'include', (SELECT coalesce(json_agg(pg_attribute.attname ORDER BY k), '[]')
          FROM generate_series(i.indnkeyatts, i.indnatts - 1) k
          JOIN pg_attribute ON attrelid = i.indrelid AND attnum = i.indkey[k]),
        'keys', (SELECT json_agg(json_build_object(
            'column', a.attname, 'expression', pg_get_indexdef(i.indexrelid, k + 1, false),
            'descending', i.indoption[k] & 1 = 1, 'nullsFirst', i.indoption[k] & 2 = 2,
            'operatorClass', CASE WHEN o.opcdefault THEN NULL ELSE o.opcname END,
            'collation', CASE WHEN co.oid = coalesce(a.attcollation, co.oid) THEN NULL ELSE co.collname END) ORDER BY k)
          FROM generate_series(0, i.indnkeyatts - 1) k
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] AND i.indkey[k] <> 0
          LEFT JOIN pg_opclass o ON o.oid = i.indclass[k]
          LEFT JOIN pg_collation co ON co.oid = i.indcollation[k])) ORDER BY i.indexrelid)
     FROM live_index i) AS indexes
  FROM live`;
