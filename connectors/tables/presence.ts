import { CsvScanner } from './csv-scan.js';
import type { CsvTable, TablePresence, TableStore } from './port.js';

/** Reads no further than the first row. A file without a byte, and one with a header alone, are empty. Takes over `csv`. */
export async function probeCsv(csv: CsvTable): Promise<'empty' | 'rows'> {
  let seen = 0;
  const scanner = new CsvScanner({ where: 'a table' });
  try {
    for await (const chunk of csv.stream as AsyncIterable<Buffer>) {
      scanner.push(chunk);
      seen += chunk.length;
      if (scanner.header !== undefined && seen > scanner.headerEnd) return 'rows';
    }
    return 'empty';
  } finally {
    csv.stream.destroy();
  }
}

/** What a store holds under this name. */
export async function probeTable(
  store: Pick<TableStore, 'probe'>,
  table: string,
  options?: { signal?: AbortSignal },
): Promise<TablePresence> {
  return store.probe(table, options);
}
