import type { Catalog, DeployedTable } from './catalog.js';
import type { Exports } from './export-routes.js';
import { optionalText, type Call } from '../http/http.js';
import type { Imports } from './import-routes.js';

/** Convention key and key of the table that a call is about: what a fault rule's `match.table` is held against. */
export function tablesOf(call: Call, imports: Imports, exports: Exports, catalog: Catalog): string[] {
  const table = tableOf(call, imports, exports, catalog);
  return table === undefined ? [] : [table.conventionKey, table.key];
}

function tableOf(call: Call, imports: Imports, exports: Exports, catalog: Catalog): DeployedTable | undefined {
  switch (call.route) {
    case 'import_tables.new':
    case 'exports.new': {
      const key = optionalText(call.body, 'table_definition_key');
      return catalog.tables.find((table) => table.key === key || String(table.id) === key);
    }
    case 'deployed_tables.lookup':
      return catalog.tables.find((table) => table.key === call.url.searchParams.get('key'));
    case 'mappings.list':
      return catalog.tableById(call.params['id'] ?? '');
    case 'upload.put':
    case 'import_tables.upload_complete':
    case 'import_tables.upload_failed':
      return imports.tableOf(call)?.table;
    case 'exports.get':
    case 'download.get':
      return exports.exportOf(call)?.table;
    default:
      return undefined;
  }
}
