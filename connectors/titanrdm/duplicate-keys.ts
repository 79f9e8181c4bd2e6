import { CsvScanner } from '../tables/csv-scan.js';
import type { KeyHash } from '../tables/key-hash.js';
import type { RepeatedHashes } from '../tables/key-index.js';
import { RowList } from './row-list.js';
import { duplicateKeys } from './upload-refusals.js';

/** Feeds all bytes of a file to a scanner, from the start. */
export type Feed = (scanner: CsvScanner) => Promise<void>;

export interface DuplicateSearch {
  /** Names the table in the error. */
  table: string;
  keyNames: readonly string[];
  hash: KeyHash;
  /** Hashes that occur more than once. */
  repeated: RepeatedHashes;
  feed: Feed;
}

/** Keys confirmed at a time: memory stays small however many repeat. */
const CONFIRMED_AT_A_TIME = 100;

/**
 * Error `DUPLICATE_KEYS` when keys that have the same hash are the same. Two looks at the file: which hashes repeat first, in the order
 * of rows, then the keys behind them. Two keys that only share a hash are told apart, and the search goes on behind them.
 */
export async function findDuplicates(search: DuplicateSearch): Promise<void> {
  const { table, keyNames, repeated } = search;
  for (;;) {
    const { suspects, isAll } = await firstRepeats(search);
    if (suspects.size === 0) return;
    const rows = await confirm(search, suspects);
    // With more suspects than were looked at, how many rows there are is known by their hashes.
    const count = isAll ? rows.count : Math.max(rows.count, repeated.rows);
    if (rows.count > 0) throw duplicateKeys(table, keyNames, rows.text(count));
    for (const { high, low } of suspects.values()) repeated.delete(high, low);
    repeated.rows -= suspects.size;
  }
}

type Suspects = Map<string, { high: number; low: number }>;

/** The hashes that repeat first, and whether there are no others. */
async function firstRepeats(search: DuplicateSearch): Promise<{ suspects: Suspects; isAll: boolean }> {
  const { hash, repeated } = search;
  const seen = new Set<string>();
  const suspects: Suspects = new Map();
  let isAll = true;
  await forEachKey(search, () => {
    if (!isAll || !repeated.has(hash.high, hash.low)) return;
    const name = `${hash.high},${hash.low}`;
    if (!seen.has(name)) seen.add(name);
    else if (suspects.size < CONFIRMED_AT_A_TIME || suspects.has(name))
      suspects.set(name, { high: hash.high, low: hash.low });
    else isAll = false;
  });
  return { suspects, isAll };
}

/** The rows that repeat a key of the suspects, each with the row that had it first. */
async function confirm(search: DuplicateSearch, suspects: Suspects): Promise<RowList> {
  const { hash } = search;
  const firstRows = new Map<string, number>();
  const rows = new RowList();
  await forEachKey(search, (scanner) => {
    if (!suspects.has(`${hash.high},${hash.low}`)) return;
    const key = JSON.stringify(search.keyNames.map((_, slot) => scanner.text(slot)));
    const first = firstRows.get(key);
    if (first === undefined) firstRows.set(key, scanner.rows);
    else rows.add(scanner.rows, ` (as row ${first})`);
  });
  return rows;
}

/** Goes through the file; before each call the hash is that of the row's key. Rows whose key holds a NULL are passed over. */
async function forEachKey(search: DuplicateSearch, take: (scanner: CsvScanner) => void): Promise<void> {
  const { keyNames, hash, table } = search;
  const slots = Int32Array.from(keyNames, (_, slot) => slot);
  const scanner: CsvScanner = new CsvScanner({
    where: table,
    onHeader: (names) => keyNames.map((name) => ({ index: names.indexOf(name), bytes: true })),
    onRow: () => {
      for (const slot of slots) if (scanner.isNull(slot)) return;
      hash.of(scanner.watched, scanner.starts, scanner.ends, slots);
      take(scanner);
    },
  });
  await search.feed(scanner);
  scanner.end();
}
