import { TidemarkError } from '../../contracts/errors.js';
import type { TableReference } from '../../contracts/table-reference.js';
import { inlineTable, type Changes, type CsvTable, type TableStore } from '../../connectors/tables/index.js';
import { named } from '../registry.js';

/** The rows behind a reference; undefined when the store has no such table. */
export async function openReference(
  stores: Readonly<Record<string, TableStore>>,
  reference: TableReference,
  signal: AbortSignal,
): Promise<CsvTable | undefined> {
  if ('rows' in reference) return inlineTable(reference.rows);
  const store = named('store', stores, reference.connection);
  if ('query' in reference) return queriesOf(store, reference.connection).read(reference.query, { signal });
  return store.read(reference.table, { signal });
}

/** What has changed in a table behind a mark. */
export async function openChanges(
  stores: Readonly<Record<string, TableStore>>,
  reference: TableReference,
  changes: Changes,
  signal: AbortSignal,
): ReturnType<NonNullable<TableStore['changes']>['read']> {
  const { store, table } = changesOf(stores, reference);
  return store.read(table, changes, { signal });
}

/** Error `CHANGES_NOT_SUPPORTED`. */
export function changesOf(
  stores: Readonly<Record<string, TableStore>>,
  reference: TableReference,
): { store: NonNullable<TableStore['changes']>; table: string } {
  const connection = 'connection' in reference ? reference.connection : '';
  const store = 'table' in reference ? named('store', stores, connection).changes : undefined;
  if (store !== undefined && 'table' in reference) return { store, table: reference.table };
  throw new TidemarkError(`Connection '${connection}' can't tell which rows of a table have changed.`, {
    code: 'CHANGES_NOT_SUPPORTED',
    retryable: false,
    mend: 'Send from a schema in PostgreSQL, or leave out `incremental`.',
  });
}

/** Error `QUERY_NOT_SUPPORTED`. */
export function queriesOf(store: TableStore, connection: string): NonNullable<TableStore['queries']> {
  if (store.queries !== undefined) return store.queries;
  throw new TidemarkError(`Connection '${connection}' has no queries: it is a folder of files.`, {
    code: 'QUERY_NOT_SUPPORTED',
    retryable: false,
    mend: 'Name a table of it instead.',
  });
}
