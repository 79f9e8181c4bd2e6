import type { Api } from './api.js';
import { titanError } from './errors.js';
import { nearNamesText } from '../common/near-names.js';
import { filterText, listAll } from './paging.js';
import { apiPath } from './path.js';
import { type ImportMapping, importMappingSchema } from './schema.js';

type Id = number | string;
type Signal = AbortSignal | undefined;

export async function defaultImportMapping(api: Api, tableId: Id, signal: Signal): Promise<ImportMapping> {
  const found = await listMappings(api, tableId, 'is_default:eq:true', signal);
  const marked = found.filter((mapping) => mapping.is_default === true);
  // A reply that leaves the flag out can only be taken at its filter's word, and only when it is one.
  const unsaid = found.filter((mapping) => (mapping.is_default ?? null) === null);
  const candidates = marked.length === 0 && found.length === 1 ? unsaid : marked;
  return only(
    candidates,
    `Table ${tableId} has no default import mapping`,
    `Table ${tableId} has several default import mappings`,
  );
}

export async function importMappingByKey(api: Api, tableId: Id, key: string, signal: Signal): Promise<ImportMapping> {
  const isIt = (mapping: ImportMapping): boolean => mapping.key.toLowerCase() === key.toLowerCase();
  const filtered = (await listMappings(api, tableId, filterText('key', key), signal)).filter(isIt);
  const all = filtered.length > 0 ? filtered : await listMappings(api, tableId, undefined, signal);
  const shown = JSON.stringify(key);
  const known = nearNamesText(
    key,
    all.map((mapping) => mapping.key),
  );
  return only(
    all.filter(isIt),
    `Table ${tableId} has no import mapping with the key ${shown}. ${known}`,
    `Table ${tableId} has several import mappings with the key ${shown}`,
  );
}

async function listMappings(api: Api, tableId: Id, q: string | undefined, signal: Signal): Promise<ImportMapping[]> {
  return await listAll(
    api,
    apiPath`/api/v1/table_definitions/${tableId}/import_mappings`,
    { q },
    importMappingSchema,
    signal,
  );
}

function only(found: ImportMapping[], none: string, several: string): ImportMapping {
  const [mapping, ...others] = found;
  if (mapping === undefined) throw titanError('TITAN_MISSING_MAPPING', none);
  if (others.length === 0) return mapping;
  throw titanError('TITAN_AMBIGUOUS_MAPPING', `${several}: keys ${found.map(({ key }) => key).join(', ')}`);
}
