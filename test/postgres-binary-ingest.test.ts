import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type IngestBatch } from '../connectors/postgres/index.js';
import { openIngestSetting, rejection, type IngestSetting } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

const COLUMNS = [
  { name: 'id', type: 'integer' },
  { name: 'amount', type: 'numeric(12,2)' },
  { name: 'note', type: 'text' },
];

function rowsOf(from: number, to: number, note: string): string {
  return `SELECT i AS id, (i * 1.25)::DECIMAL(12, 2) AS amount, '${note}' AS note FROM range(${from}, ${to}) AS t(i)`;
}

describe('rows of DuckDB queries in an ingest', () => {
  it('of many queries and tables are counted, and arrive with the high watermark', async () => {
    const [one, other] = [setting.table(COLUMNS), setting.table(COLUMNS)];
    const batch: IngestBatch = {
      highWatermark: 7,
      rows: [
        { table: one, duckdb: rowsOf(0, 3000, 'a') },
        { table: other, duckdb: rowsOf(0, 10, 'b') },
        { table: one, duckdb: rowsOf(3000, 5000, 'c') },
      ],
    };
    const result = await ingest(setting.postgres, [one, other], () => [batch]);
    expect(result).toMatchObject({ rows: 5_010 });
    expect(await setting.ask(`SELECT count(DISTINCT id)::int FROM target."${one.name}"`)).toBe(5_000);
    expect(await setting.ask(`SELECT sum(amount)::text FROM target."${other.name}"`)).toBe('56.25');
  });

  it('are upserted by key: the last of two rows with the same key stays, others are left alone', async () => {
    const table = setting.table(COLUMNS, ['id']);
    const load = (duckdb: string) =>
      ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows: { table, duckdb } }]);
    expect(await load(`${rowsOf(0, 3000, 'first')} UNION ALL ${rowsOf(5, 6, 'last')}`)).toMatchObject({ rows: 3_001 });
    expect(await load(`${rowsOf(2990, 3010, 'again')} UNION ALL ${rowsOf(3005, 3006, 'last')}`)).toMatchObject({
      rows: 21,
    });
    const notes = `SELECT string_agg(note || ' ' || count, ', ' ORDER BY note) FROM
      (SELECT note, count(*) FROM target."${table.name}" GROUP BY note) AS counted`;
    expect(await setting.ask(notes)).toBe('again 19, first 2989, last 2');
  });

  it('that do not fit are refused by row within the batch and column, and leave nothing', async () => {
    const table = setting.table(COLUMNS);
    const batch: IngestBatch = {
      highWatermark: 1,
      rows: [
        { table, duckdb: rowsOf(0, 100, 'fine') },
        { table, duckdb: 'SELECT CASE WHEN i = 9 THEN 2147483648 ELSE i END AS id FROM range(20) AS t(i)' },
      ],
    };
    const error = await rejection(ingest(setting.postgres, [table], () => [batch]));
    expect(error).toMatchObject({ code: 'POSTGRES_BAD_VALUE', row: 110, column: 'id', retryable: false });
    expect(String(error)).not.toContain('2147483648');
    expect(await setting.oidOf(table)).toBeNull();
  });

  it('that the server refuses are named by row and column, without the value', async () => {
    const table = setting.table([
      { name: 'id', type: 'integer' },
      { name: 'note', type: 'varchar(4)' },
    ]);
    const duckdb = `SELECT i AS id, CASE WHEN i = 2500 THEN 'secret' ELSE 'fine' END AS note FROM range(3000) AS t(i)`;
    const error = await rejection(
      ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows: { table, duckdb } }]),
    );
    expect(error).toMatchObject({ row: 2501, column: 'note', retryable: false });
    expect(String(error)).not.toContain('secret');
  });

  it('of types that the binary format has no way for go as text', async () => {
    const table = setting.table([
      { name: 'id', type: 'integer' },
      { name: 'address', type: 'inet' },
    ]);
    const duckdb = `SELECT i AS id, '10.0.0.' || i AS address FROM range(3) AS t(i)`;
    const result = await ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows: { table, duckdb } }]);
    expect(result).toMatchObject({ rows: 3 });
    expect(await setting.rowsOf(table)).toEqual([
      [0, '10.0.0.0'],
      [1, '10.0.0.1'],
      [2, '10.0.0.2'],
    ]);
  });

  it('leave no file behind, cancelled in the middle either', async () => {
    const table = setting.table(COLUMNS);
    const controller = new AbortController();
    const rows = { table, duckdb: `SELECT i AS id FROM range(100000000) AS t(i) ORDER BY hash(i)` };
    const running = ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows }], {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await expect(running).rejects.toThrow('enough');
    expect(await setting.oidOf(table)).toBeNull();
    await expect(leftBehind()).resolves.toEqual([]);
  });
});

/** Temporary folders of this process: removed soon after the ingest has ended, since DuckDB takes a moment to stop. */
async function leftBehind(): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`tidemark-${process.pid}-`));
    if (left.length === 0 || tries === 100) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
