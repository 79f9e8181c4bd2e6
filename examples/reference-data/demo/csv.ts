import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** NULL and the empty string are two things: `,,` is NULL, `,"",` is the empty string. */
export type Row = Record<string, string | null>;

export async function readRows(file: string): Promise<Row[]> {
  return parse<Row>(await readFile(file), {
    columns: true,
    cast: (value, { header, quoting }) => (!header && value === '' && !quoting ? null : value),
  });
}

export async function writeRows(file: string, rows: readonly Row[]): Promise<void> {
  const cast = { string: (value: string) => (value === '' ? { value, quoted_empty: true } : value) };
  await writeFile(file, stringify([...rows], { header: true, cast }));
}
