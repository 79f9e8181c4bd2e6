import type { Catalog } from './catalog.js';
import { HttpError, json, notFound, type Route } from '../http/http.js';
import { page } from './pages.js';
import type { SandboxSettings } from './settings.js';
import { branchView, domainView, mappingView, tableView } from './views.js';

/** Branches, domains, deployed tables and import mappings: reads only. */
export function metadataRoutes(catalog: Catalog, settings: () => SandboxSettings): Route[] {
  const get = (name: string, path: string, handler: Route['handler']): Route => ({
    name,
    method: 'GET',
    path,
    handler,
    access: 'signedIn',
  });
  return [
    get('branches.list', '/api/branches', (call) => page(call, catalog.branches.map(branchView), settings())),
    get('branches.get', '/api/branches/:id', ({ params }) => {
      const branch = catalog.branches.find(({ id }) => String(id) === params['id']);
      if (branch === undefined) throw notFound('Branch');
      return json(branchView(branch));
    }),
    get('domains.list', '/api/domains', (call) => page(call, catalog.domains.map(domainView), settings())),
    get('domains.get', '/api/domains/:id', ({ params }) => {
      const domain = catalog.domains.find(({ id }) => String(id) === params['id']);
      if (domain === undefined) throw notFound('Domain');
      return json(domainView(domain));
    }),
    get('deployed_tables.list', '/api/deployed_table_definitions', (call) => {
      const branchId = needed(call.url, 'branch_id');
      if (!catalog.branches.some(({ id }) => String(id) === branchId)) throw notFound('Branch');
      const domainId = call.url.searchParams.get('domain_id');
      const tables = catalog.tables.filter(
        (table) => String(table.branch.id) === branchId && (domainId === null || String(table.domain.id) === domainId),
      );
      return page(
        call,
        tables.map((table) => tableView(table, settings())),
        settings(),
      );
    }),
    get('deployed_tables.lookup', '/api/deployed_table_definitions/lookup', (call) => {
      const table = catalog.deployed(needed(call.url, 'key'), needed(call.url, 'branch_id'));
      if (table === undefined) throw notFound('Deployed table definition');
      return json(tableView(table, settings()));
    }),
    get('mappings.list', '/api/table_definitions/:id/import_mappings', (call) => {
      const table = catalog.tableById(call.params['id'] ?? '');
      if (table === undefined) throw notFound('Table definition');
      return page(
        call,
        table.mappings.map((mapping) => mappingView(mapping, table)),
        settings(),
      );
    }),
  ];
}

function needed(url: URL, name: string): string {
  const value = url.searchParams.get(name);
  if (value === null || value === '') throw new HttpError(400, `${name} is required`);
  return value;
}
