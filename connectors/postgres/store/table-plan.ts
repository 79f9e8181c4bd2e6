import { postgresTableSchema, type PostgresTable } from '../../../contracts/postgres-table.js';
import { malformedCsv } from '../../tables/errors.js';
import type { WriteOptions } from '../../tables/port.js';
import { PostgresError } from '../errors.js';
import type { QualifiedName } from '../quote.js';
import { DELETED_AT_COLUMN, postgresType, SYSTEM_COLUMN_TYPES, VERSION_KEY } from './column-types.js';

export interface PlanTableInput extends QualifiedName {
  /** Columns of the file, in its order; undefined for a file without a byte. */
  header: readonly string[] | undefined;
  /** Columns of the deployed definition. */
  columns: NonNullable<WriteOptions['columns']>;
  /** Rows are versions of records. */
  history: boolean;
  /** Rows that TitanRDM has deleted are kept and marked. */
  soft: boolean;
  /** Columns of the table that is there. */
  live: readonly { name: string; type: string }[];
}

export interface TablePlan {
  /** What the table is to look like. */
  definition: PostgresTable;
  /** Columns of the file, in its order. */
  incoming: { name: string; type: string }[];
  /** Columns that say which row of the table a row of the file is; empty when nothing says so. */
  key: readonly string[];
  isSoft: boolean;
  /** Columns whose data type has no counterpart here: they are kept as text. */
  unknownTypes: { column: string; dataType: string }[];
}

/**
 * What a table in PostgreSQL looks like for a file that came: the file's columns, typed by the deployed definition, keyed by its primary
 * key (or by version, for histories). Pure.
 *
 * @throws TidemarkError `MALFORMED_CSV` (two columns of one name), `POSTGRES_DEFINITION` (a name that PostgreSQL can't hold)
 */
export function planTable({ schema, name, header, columns, history, soft, live }: PlanTableInput): TablePlan {
  const deployed = new Map(columns.map((column) => [column.name, column.dataType]));
  const before = new Map(live.map((column) => [column.name, column.type]));
  const names = header ?? (columns.length > 0 ? columns : live).map((column) => column.name);
  refuseSameNames(name, names);
  const incoming = names
    .filter((column) => column !== DELETED_AT_COLUMN)
    .map((column) => ({ name: column, type: typeOf(column, deployed, before) }));
  const key = keyOf(history, columns, names);
  const isSoft = soft && !history && key.length > 0;
  const definition = {
    schema,
    name,
    columns: [...incoming, ...(isSoft ? [{ name: DELETED_AT_COLUMN, type: 'timestamptz' }] : [])],
    ...(key.length === 0 ? {} : { primaryKey: [...key] }),
  };
  const unknownTypes = columns
    .filter(({ name: column, dataType }) => names.includes(column) && postgresType(dataType) === undefined)
    .map(({ name: column, dataType }) => ({ column, dataType }));
  return { definition: checked(definition), incoming, key, isSoft, unknownTypes };
}

function typeOf(column: string, deployed: ReadonlyMap<string, string>, live: ReadonlyMap<string, string>): string {
  const dataType = deployed.get(column);
  if (dataType !== undefined) return postgresType(dataType) ?? 'text';
  // A server that does not list its columns leaves the types to what is there.
  return SYSTEM_COLUMN_TYPES.get(column) ?? live.get(column) ?? 'text';
}

function keyOf(history: boolean, columns: PlanTableInput['columns'], names: readonly string[]): readonly string[] {
  const wanted = history ? VERSION_KEY : columns.filter((column) => column.primaryKey === true).map(({ name }) => name);
  return wanted.every((column) => names.includes(column)) ? wanted : [];
}

function refuseSameNames(table: string, names: readonly string[]): void {
  const second = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (second < 0) return;
  const first = names.indexOf(names[second] ?? '');
  throw malformedCsv(`${table}, header`, `columns ${first + 1} and ${second + 1} have the same name`);
}

function checked(definition: PostgresTable): PostgresTable {
  const parsed = postgresTableSchema.safeParse(definition);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PostgresError(`this table can't be kept in PostgreSQL: ${problems.join('; ')}.`, {
    code: 'POSTGRES_DEFINITION',
    retryable: false,
    mend: 'Rename it in TitanRDM, or download it into a folder of files.',
    table: definition.name,
  });
}
