import type pg from 'pg';
import { readColumnTypes } from '../../connectors/postgres/encode/column-types.js';
import { copyRows } from '../../connectors/postgres/load/append.js';
import { csvAsItIs } from '../../connectors/postgres/load/csv-as-it-is.js';
import { csvPortions } from '../../connectors/postgres/load/csv.js';
import type { CopySource } from '../../connectors/postgres/load/portion.js';
import type { PostgresError } from '../../connectors/postgres/errors.js';
import { openDatabase } from './postgres.js';

/** What became of a CSV: its rows as the server's own bytes, or where it was refused. */
export interface Outcome {
  rows: string[] | undefined;
  refused: { code: string; row: number | undefined } | undefined;
}

/** A database in which CSV is read by the server and by us. */
export interface CsvCopySetting {
  client: pg.Client;
  /** The server's own reading of CSV without a header, into a table of these columns that is made anew. */
  byServer: (columns: string, csv: Buffer) => Promise<Outcome>;
  /** Ours, given in chunks of this size, with the formats of the COPYs that it took. */
  byUs: (columns: string, csv: Buffer, chunkBytes?: number) => Promise<Outcome & { formats: string[] }>;
  close: () => Promise<void>;
}

export async function openCsvCopySetting(): Promise<CsvCopySetting> {
  const database = await openDatabase();
  const client = await database.connect();
  await client.query(`SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'ISO, DMY'`);
  const prepare = async (columns: string) => {
    await client.query(`DROP TABLE IF EXISTS t; CREATE TABLE t (${columns})`);
    return readColumnTypes(client, { schema: 'public', name: 't' });
  };
  const table = (names: readonly string[]) => ({
    schema: 'public',
    name: 't',
    columns: names.map((name) => ({ name, type: 'text' })),
  });
  const outcomeOf = async (names: readonly string[], source: CopySource): Promise<Outcome> => {
    const target = { into: 't', name: 't', table: table(names) };
    try {
      await copyRows(client, target, source, { firstRow: 1, signal: undefined });
    } catch (error) {
      // Whatever else it is fails the comparison.
      const { code, row } = error as PostgresError;
      return { rows: undefined, refused: { code, row } };
    }
    const { rows } = await client.query<{ bytes: string }>(
      `SELECT encode(record_send(t), 'hex') AS bytes FROM t ORDER BY ctid`,
    );
    return { rows: rows.map(({ bytes }) => bytes), refused: undefined };
  };
  return {
    client,
    byServer: async (columns, csv) => {
      const names = (await prepare(columns)).map(({ name }) => name);
      return outcomeOf(names, csvAsItIs(chunksOf(csv, csv.length), names));
    },
    byUs: async (columns, csv, chunkBytes = csv.length) => {
      const types = await prepare(columns);
      const names = types.map(({ name }) => name);
      const headed = Buffer.concat([Buffer.from(`${names.join(',')}\n`), csv]);
      const formats: string[] = [];
      const portions = csvPortions(chunksOf(headed, chunkBytes), table(names));
      try {
        const first = await portions.next();
        if (first.done === true) throw new TypeError('a CSV without a header');
        const source = await first.value.open(types, 1, false);
        return { ...(await outcomeOf(names, watched(source, formats))), formats };
      } finally {
        await portions.return(undefined);
      }
    },
    close: () => database.close(),
  };
}

function watched(source: CopySource, formats: string[]): CopySource {
  formats.push(source.format.replace('FORMAT ', ''));
  return {
    ...source,
    rest: () => {
      const rest = source.rest?.();
      return rest === undefined ? undefined : watched(rest, formats);
    },
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream's stand-in
async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += Math.max(1, size)) yield bytes.subarray(at, at + Math.max(1, size));
}

/** A row for each value, its number first; quoted as any CSV writer would. */
export function csvOf(values: readonly string[]): Buffer {
  const field = (value: string): string =>
    /[",\r\n]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;
  return Buffer.from(values.map((value, index) => `${index},${field(value)}\n`).join(''));
}
