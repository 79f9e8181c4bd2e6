/** A node of the graph of views and what each reads. */
interface Reader {
  oid: string;
  reads: readonly string[];
}

/**
 * Pure. Every reader after all that it reads, so that each is met once, by its longest path. Within a cycle (which only ordinary
 * views can make) the order is any. Without recursion, since chains of a thousand views exist.
 */
export function inReadingOrder<T extends Reader>(readers: readonly T[]): T[] {
  const byOid = new Map(readers.map((reader) => [reader.oid, reader]));
  const met = new Set<string>();
  const ordered: T[] = [];
  for (const start of readers) {
    if (met.has(start.oid)) continue;
    met.add(start.oid);
    const path = [{ reader: start, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const oid = top.reader.reads[top.next];
      top.next += 1;
      if (oid === undefined) {
        ordered.push(top.reader);
        path.pop();
        continue;
      }
      const reader = byOid.get(oid);
      if (reader === undefined || met.has(oid)) continue;
      met.add(oid);
      path.push({ reader, next: 0 });
    }
  }
  return ordered;
}
