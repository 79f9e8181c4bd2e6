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
  const places = (rows[0] ?? []).flatMap((place, index) =>
    place === null ? [] : { index, page: Number(/\d+/.exec(place)?.[0]) },
  );
  const inOrder = places.filter(({ page }, index) => index === 0 || page >= (places[index - 1]?.page ?? 0));
  if (places.length * 2 < keys.length || inOrder.length * 2 < places.length) return undefined;
  // Rows that were moved lie anywhere, most of them behind all others: the lowest and the median tell where the rest lies.
  const sorted = [...places].sort((one, other) => one.page - other.page);
  const lowest = sorted[0] ?? { index: 0, page: 0 };
  const median = sorted[sorted.length >> 1] ?? lowest;
  const pages = median.page - lowest.page;
  const bytes = windows.reduce((sum, window) => sum + bytesOf(window), 0);
  if (pages * table.pageBytes > bytes * MAX_SPREAD) return undefined;
  const pagesPerKey = Math.ceil(pages / Math.max(1, median.index - lowest.index));
  return Math.max(0, lowest.page - lowest.index * pagesPerKey);
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
