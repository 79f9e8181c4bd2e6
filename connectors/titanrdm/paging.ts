import type { z } from 'zod';
import type { Api } from './api.js';
import { pageSchema } from './reply-shape.js';

/**
 * Every entry of a list, page after page. An entry that appears twice (the list moved while it was read) is kept once. A server
 * that does not say how many pages there are is asked on as long as its pages are full and bring anything new.
 */
export async function listAll<T extends { id: string }>(
  api: Api,
  path: string,
  query: Record<string, string | number | undefined>,
  item: z.ZodType<T>,
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const schema = pageSchema(item);
  const perPage = api.settings.pageSize;
  const byId = new Map<string, T>();
  for (let page = 1; ; page++) {
    const reply = await api.call({ method: 'GET', path, query: { ...query, page, per_page: perPage }, schema }, signal);
    const before = byId.size;
    for (const entry of reply.data) if (!byId.has(entry.id)) byId.set(entry.id, entry);
    const totalPages = reply.meta?.total_pages ?? null;
    const last = totalPages === null ? reply.data.length < perPage : page >= totalPages;
    if (last || byId.size === before) return [...byId.values()];
  }
}

/**
 * The entries whose `field` equals `value`. The server's filter (`field:eq:value`) only saves traffic: how it reads a value with
 * `:` or `,` in it is not documented, so such values are not sent, and the caller compares what comes back in any case.
 */
export function filterText(field: string, value: string): string | undefined {
  return /^[\p{L}\p{N} ._-]+$/u.test(value) ? `${field}:eq:${value}` : undefined;
}
