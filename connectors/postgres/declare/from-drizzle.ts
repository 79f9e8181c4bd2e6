import type { SQL } from 'drizzle-orm';
import type { Index, PgColumn } from 'drizzle-orm/pg-core';
import { TidemarkError } from '../../../contracts/errors.js';
import {
  postgresTableSchema,
  type PostgresIndex,
  type PostgresIndexKey,
  type PostgresTable,
} from '../../../contracts/postgres-table.js';

/**
 * A table as Drizzle declares it (`pgTable`, `pgSchema(...).table`), as plain data: columns with their SQL types, primary key, unique
 * columns, indexes. Foreign keys, checks and defaults are left out, since an ingest neither makes nor compares them. A table without a
 * schema is in `public`. Needs the package `drizzle-orm`; without it `DRIZZLE_UNAVAILABLE`. Its types stay out of ours, since most users
 * have not installed it.
 */
export async function tableFromDrizzle(table: object): Promise<PostgresTable> {
  const { is, getTableConfig, PgDialect, PgTable } = await loadDrizzle();
  if (!is(table, PgTable)) {
    throw new TidemarkError('This is no PostgreSQL table that Drizzle declares.', {
      code: 'POSTGRES_DEFINITION',
      retryable: false,
      mend: 'Give the result of `pgTable` or of `pgSchema(...).table`, of the same copy of drizzle-orm that Tidemark finds.',
    });
  }
  const { name, schema, columns, primaryKeys, indexes, uniqueConstraints } = getTableConfig(table);
  const dialect = new PgDialect();
  const inSql = (expression: SQL): string => dialect.sqlToQuery(expression.inlineParams(), 'indexes').sql;
  const key = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
  const several = uniqueConstraints.filter((constraint) => constraint.columns.length > 1);
  const singly = new Set(
    uniqueConstraints.flatMap((constraint) =>
      constraint.columns.length === 1 ? constraint.columns.map((column) => column.name) : [],
    ),
  );
  const wanted: PostgresIndex[] = [
    ...indexes.map((index) => indexOf(index, inSql)),
    ...several.map((constraint) => ({ keys: constraint.columns.map((column) => column.name), unique: true })),
  ];
  return postgresTableSchema.parse({
    schema: schema ?? 'public',
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      ...(column.notNull || key.some((part) => part.name === column.name) ? { nullable: false } : {}),
      ...(column.isUnique || singly.has(column.name) ? { unique: true } : {}),
    })),
    ...(key.length === 0 ? {} : { primaryKey: key.map((column) => column.name) }),
    ...(wanted.length === 0 ? {} : { indexes: wanted }),
  });
}

function indexOf({ config }: Index, inSql: (expression: SQL) => string): PostgresIndex {
  return {
    keys: config.columns.map((key) => keyOf(key, inSql)),
    ...(config.method === undefined || config.method === 'btree' ? {} : { method: config.method }),
    ...(config.unique ? { unique: true } : {}),
    ...(config.where === undefined ? {} : { where: inSql(config.where) }),
    ...(config.with === undefined ? {} : { with: config.with }),
  };
}

function keyOf(key: Index['config']['columns'][number], inSql: (expression: SQL) => string): PostgresIndexKey {
  if (!isColumn(key)) return { expression: inSql(key as SQL) };
  const { order, nulls, opClass } = key.indexConfig ?? {};
  const isDescending = order === 'desc';
  // PostgreSQL's own default: NULLs last, or first where the order is descending.
  const usual = isDescending ? 'first' : 'last';
  const extras = {
    ...(isDescending ? { order: 'desc' as const } : {}),
    ...(nulls === undefined || nulls === usual ? {} : { nulls }),
    ...(opClass === undefined ? {} : { operatorClass: opClass }),
  };
  return Object.keys(extras).length === 0 ? key.name : { column: key.name, ...extras };
}

interface IndexedColumn extends Pick<PgColumn, 'name'> {
  indexConfig?: { order?: 'asc' | 'desc'; nulls?: 'first' | 'last'; opClass?: string };
}

/** Drizzle's types say `Partial<IndexedColumn | SQL>`, which tells nothing: a column has a name, an expression has none. */
function isColumn(key: object): key is IndexedColumn {
  return 'name' in key && typeof key.name === 'string';
}

async function loadDrizzle() {
  try {
    const [{ is }, core] = await Promise.all([import('drizzle-orm'), import('drizzle-orm/pg-core')]);
    return { is, ...core };
  } catch (error) {
    throw new TidemarkError('The package drizzle-orm could not be loaded.', {
      code: 'DRIZZLE_UNAVAILABLE',
      retryable: false,
      mend: 'Install it beside Tidemark: npm install drizzle-orm.',
      cause: error,
    });
  }
}
