import { TidemarkError } from '../../contracts/errors.js';
import type { TableReference } from '../../contracts/table-reference.js';
import { inlineTable, type CsvTable, type TableStore } from '../../connectors/tables/index.js';
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

/** Error `QUERY_NOT_SUPPORTED`. */
export function queriesOf(store: TableStore, connection: string): NonNullable<TableStore['queries']> {
  if (store.queries !== undefined) return store.queries;
  throw new TidemarkError(`Connection '${connection}' has no queries: it is a folder of files.`, {
    code: 'QUERY_NOT_SUPPORTED',
    retryable: false,
    mend: 'Name a table of it instead.',
  });
}
