import { CsvScanner, type CsvTable } from '../../connectors/tables/index.js';
import { badEncoding } from '../../connectors/tables/errors.js';
import { Utf8Guard } from '../../connectors/tables/utf8-guard.js';

export interface TableReader {
  /** Names it in errors. */
  where: string;
  /** Told the column names; answers with the indexes of those that it wants to see. */
  columns: (header: string[]) => readonly number[];
  /** Called for each row with the cells of those columns; NULL and the empty text are both empty. `row` counts from 1. */
  row: (cells: readonly string[], row: number) => void;
  /** Called now and then, when some rows were read: time to write what was made of them. */
  pause: () => Promise<void>;
  signal: AbortSignal;
}

/** Reads a table row by row, in constant memory. Returns how many rows there were. Takes over `csv`. */
export async function readRows(csv: CsvTable, reader: TableReader): Promise<number> {
  const { where, signal } = reader;
  /** For each column that is wanted, where the scanner keeps it: a column that is wanted twice is kept once. */
  let slots: number[] = [];
  const utf8 = new Utf8Guard();
  const scanner: CsvScanner = new CsvScanner({
    where,
    strict: true,
    onHeader: (names) => {
      const wanted = reader.columns(names);
      const kept = [...new Set(wanted)];
      slots = wanted.map((index) => kept.indexOf(index));
      return kept.map((index) => ({ index, bytes: true }));
    },
    onRow: () => {
      reader.row(
        slots.map((slot) => scanner.text(slot)),
        scanner.rows,
      );
    },
  });
  const stop = (): void => void csv.stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of csv.stream as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      if (utf8.check(chunk) >= 0) throw badEncoding(`${where}, near row ${scanner.rows + 1}`);
      scanner.push(chunk);
      await reader.pause();
    }
    signal.throwIfAborted();
    if (utf8.incomplete) throw badEncoding(`${where}, at its end`);
    scanner.end();
    await reader.pause();
    return scanner.rows;
  } finally {
    signal.removeEventListener('abort', stop);
    csv.stream.destroy();
  }
}
