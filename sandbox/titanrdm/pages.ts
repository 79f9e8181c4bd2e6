import { HttpError, json, type Call, type Json, type Reply } from '../http/http.js';
import type { SandboxSettings } from './settings.js';

const DEFAULT_PER_PAGE = 100;
const MAX_PER_PAGE = 1_000;

/** One page of a collection: `page` from 1, `per_page` up to 1000, and `q=field:eq:value`. */
export function page(call: Call, items: readonly Json[], settings: SandboxSettings): Reply {
  const query = call.url.searchParams;
  const perPage = Math.min(MAX_PER_PAGE, positive(query.get('per_page'), 'per_page', DEFAULT_PER_PAGE));
  const number = positive(query.get('page'), 'page', 1);
  const matching = query.getAll('q').reduce<readonly Json[]>(filter, items);
  const data = matching.slice((number - 1) * perPage, number * perPage);
  if (settings.omitMeta) return json({ data });
  const totalPages = Math.max(1, Math.ceil(matching.length / perPage));
  return json({
    data,
    meta: { page: number, per_page: perPage, total_count: matching.length, total_pages: totalPages },
  });
}

function positive(text: string | null, name: string, fallback: number): number {
  if (text === null) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new HttpError(400, `${name} must be a positive integer`);
  return value;
}

/** Split on the first two colons only, so that a value may hold colons. */
function filter(items: readonly Json[], q: string): readonly Json[] {
  const [, field, operator, value] = /^([^:]+):([^:]+):(.*)$/s.exec(q) ?? [];
  if (field === undefined || operator === undefined || value === undefined) {
    throw new HttpError(400, 'q must be field:operator:value');
  }
  if (operator !== 'eq') throw new HttpError(400, `the operator '${operator}' is not known; 'eq' is`);
  return items.filter((item) => {
    const actual = item[field];
    // Objects and nulls equal no text; what is left has just been looked at.
    return (
      ['string', 'number', 'boolean'].includes(typeof actual) && `${actual as string | number | boolean}` === value
    );
  });
}
