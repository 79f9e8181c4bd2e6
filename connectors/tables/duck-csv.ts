import { open } from 'node:fs/promises';
import { exactPath, quoted } from './duck.js';

/** The header of a CSV file, as whoever has scanned it knows it. */
export interface CsvHeader {
  header: readonly string[];
  /** Offset just behind the header's line end. */
  headerEnd: number;
}

/**
 * DuckDB's reader of a CSV file with a header. Nothing is detected: every column is text, NULL and the empty string stay apart. The line
 * end is told: DuckDB (1.5.5) takes the first line break in the file for one, also within a quoted name, and then finds no rows, or others.
 * Not to be said besides: `strict_mode = true`, the default, with which it finds no rows in files that end lines by `\r\n`.
 */
export async function duckCsv(file: string, { header, headerEnd }: CsvHeader, options = ''): Promise<string> {
  const names = header.map((name) => `${quoted(name)}: 'VARCHAR'`).join(', ');
  const lineEnd = await lineEndBefore(file, headerEnd);
  return `read_csv(${exactPath(file)}, auto_detect = false, header = true, columns = {${names}}, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, new_line = '${lineEnd}'${options})`;
}

/** As DuckDB spells it. A header that the file ends with has none: any will do. */
async function lineEndBefore(file: string, offset: number): Promise<string> {
  const bytes = Buffer.alloc(2);
  const handle = await open(file, 'r');
  try {
    await handle.read(bytes, 0, 2, Math.max(0, offset - 2));
  } finally {
    await handle.close();
  }
  return bytes.toString('latin1') === '\r\n' ? String.raw`\r\n` : String.raw`\n`;
}
