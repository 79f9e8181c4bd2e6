import type { ClientBase } from 'pg';
import { quoteName } from '../quote.js';
import type { LiveTable } from './live-table.js';
import { endOf, startOf, type RowsWindow } from './rows-window.js';

/** Keys that are looked up. */
const KEYS = 8;
/** A row takes so many times its bytes in the source, at most, where the table holds the source's rows and few others. */
const MAX_SPREAD = 8;

/**
 * Looks some keys up in the live table: the page where the source's first rows lie, if most of them are there, in the source's order, and
 * close together. A small change of a large table is told from a large part of it by this.
 * @param windows The source's first rows.
 */
export async function findFirstPage(
  client: ClientBase,
  table: LiveTable,
  windows: readonly RowsWindow[],
): Promise<number | undefined> {
  const keys = sampleOf(table, windows);
  const width = table.keyNames.length;
  const types = table.keyNames.map((name) => table.columns.find((column) => column.name === name)?.type ?? '');
  const lookUps = keys.map((_key, index) => {
    const conditions = table.keyNames.map(
      (name, part) =>
        `live.${quoteName(name)} OPERATOR(pg_catalog.=) $${index * width + part + 1}::${types[part] ?? ''}`,
    );
    return `(SELECT live.ctid::text FROM ONLY ${table.sql} AS live WHERE ${conditions.join(' AND ')})`;
  });
  if (lookUps.length === 0) return undefined;
  // Bytes go as they are: the driver takes them for a parameter in binary.
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${lookUps.join(', ')}`,
    values: keys.flat(),
    rowMode: 'array',
  });
  const pages = (rows[0] ?? []).flatMap((place) => (place === null ? [] : Number(/\d+/.exec(place)?.[0])));
  const inOrder = pages.filter((page, index) => index === 0 || page >= (pages[index - 1] ?? 0));
  if (pages.length * 2 < keys.length || inOrder.length * 2 < pages.length) return undefined;
  const first = Math.min(...pages);
  const bytes = windows.reduce((sum, window) => sum + bytesOf(window), 0);
  // One that was moved lies anywhere: the median tells.
  const median = [...pages].sort((a, b) => a - b)[pages.length >> 1] ?? first;
  return (median - first) * table.pageBytes > bytes * MAX_SPREAD ? undefined : first;
}

function sampleOf({ key }: LiveTable, windows: readonly RowsWindow[]): Buffer[][] {
  const total = windows.reduce((sum, { count }) => sum + count, 0);
  const place = key.place();
  const keys: Buffer[][] = [];
  let before = 0;
  for (const window of windows) {
    for (let row = 0; row < window.count; row++)
      if (isSample(before + row, total) && key.find(window, row, place)) keys.push(key.fields(place));
    before += window.count;
  }
  return keys;
}

/** The first row, and others at the same distance. */
function isSample(row: number, total: number): boolean {
  return row % Math.ceil(total / KEYS) === 0;
}

function bytesOf(window: RowsWindow): number {
  return window.count === 0 ? 0 : endOf(window, window.count - 1) - startOf(window, 0);
}
