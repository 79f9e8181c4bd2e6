import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ingest, type PostgresTable } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { seededRandom } from './support/csv-pieces.js';
import { type IngestSetting, openIngestSetting } from './support/ingest.js';
import { csvOf, upsertCsv } from './support/upsert-csv.js';

type Row = readonly [part: number, code: string, value: string, pad: string];

const COLUMNS: PostgresTable['columns'] = [
  { name: 'part', type: 'integer' },
  { name: 'code', type: 'text' },
  { name: 'value', type: 'jsonb' },
  { name: 'pad', type: 'text' },
];
const NAMES = COLUMNS.map(({ name }) => name);
const PAD = 'x'.repeat(700);

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

const keyOf = ([part, code]: Row): string => `${part} ${code}`;
const rowOf = (at: number, version = 0): Row => [at >> 3, `c${at % 8}`, `{"v":${version},"at":${at}}`, PAD];

it.each(Array.from({ length: 16 }, (_, seed) => seed + 1))(
  'leaves a table as a plain model says: seed %i',
  async (seed) => {
    const random = seededRandom(seed * 7_919);
    const count = 2_000 + random(4_000);
    const table = setting.table(COLUMNS, ['part', 'code']);
    const load = (rows: readonly Row[]): Promise<unknown> =>
    ingest(setting.postgres, [table], () => [{ highWatermark: null, rows: { table, csv: Readable.from([csvOf(NAMES, rows)]) } }]); // prettier-ignore
    const before = Array.from({ length: count }, (_, at) => rowOf(at)).filter(() => random(30) > 0);
    // Some tables lie in an order of their own.
    for (let swaps = seed % 3 === 0 ? count : random(20); swaps > 0; swaps--)
      swap(before, random(before.length), random(before.length));
    await load(before);
    const model = new Map(before.map((row) => [keyOf(row), row]));
    await setting.postgres.use(async (client) => {
      await client.query(`DELETE FROM ${quoteTable(table)} WHERE part % ${50 + random(100)} = 7`);
      await client.query(
        `UPDATE ${quoteTable(table)} SET pad = pad WHERE (part * 31 + length(code)) % ${3 + random(40)} = 0`,
      );
      if (seed % 4 === 0) await client.query(`VACUUM ${quoteTable(table)}`);
      const { rows } = await client.query<{ part: number; code: string }>(
        `SELECT part, code FROM ${quoteTable(table)}`,
      );
      const left = new Set(rows.map(({ part, code }) => `${part} ${code}`));
      for (const key of [...model.keys()]) if (!left.has(key)) model.delete(key);
    });
    for (let round = 0; round < 2; round++) {
      const source = before.filter(() => random(60) > 0);
      const changes = random(4) === 0 ? source.length : random(200);
      for (let change = 0; change < changes; change++) {
        const at = random(source.length);
        const row = source[at] ?? rowOf(0);
        const kind = random(5);
        const other = rowOf(row[0] * 8 + Number(row[1].slice(1)), random(3));
        if (kind === 0) source[at] = other;
        else if (kind === 1) source.splice(at, 0, other);
        else if (kind === 2) source.splice(random(source.length), 0, other, row);
        else if (kind === 3) source.splice(at, 0, rowOf(random(3 * count), random(2)));
        else if (random(10) === 0) swap(source, at, random(source.length));
      }
      const { rows } = await upsertCsv(setting.postgres, table, csvOf(NAMES, source));
      expect(rows).toBe(source.length);
      for (const row of source) model.set(keyOf(row), row);
      const expected = [...model.values()].map(([part, code, value]) => `${part} ${code} ${value}`).sort();
      const live = await setting.ask(
        `SELECT json_agg(part || ' ' || code || ' {"v":' || (value->>'v') || ',"at":' || (value->>'at') || '}') FROM ${quoteTable(table)}`,
      );
      expect((live as string[]).sort()).toEqual(expected);
    }
  },
);

function swap(rows: Row[], one: number, other: number): void {
  const [first, second] = [rows[one], rows[other]];
  if (first !== undefined && second !== undefined) [rows[one], rows[other]] = [second, first];
}
