import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckCopy } from '../connectors/postgres/binary/index.js';
import type { ColumnType } from '../connectors/postgres/encode/column-types.js';
import { openDuckCopySetting, type DuckCopySetting } from './support/duck-copy.js';

let setting: DuckCopySetting;
let folder: string;
beforeAll(async () => {
  setting = await openDuckCopySetting();
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-binary-'));
});
afterAll(async () => {
  await setting.close();
  await rm(folder, { recursive: true, force: true });
});

const COLUMNS = `id bigint, small smallint, flag boolean, ratio double precision, amount numeric, name text, word text, doc jsonb, raw bytea,
  day date, at timestamptz, span interval, key uuid, list integer[], names text[]`;

/** Each column NULL in rows of its own; strings below, at and above the length that DuckDB keeps within a vector. */
const ROWS = `SELECT i AS id,
  CASE WHEN i % 11 <> 1 THEN (i % 1000)::SMALLINT END AS small,
  CASE WHEN i % 11 <> 2 THEN i % 2 = 0 END AS flag,
  CASE WHEN i % 11 <> 3 THEN i / 7 END AS ratio,
  CASE WHEN i % 11 <> 4 THEN (i * 12345.67)::DECIMAL(20, 4) END AS amount,
  CASE WHEN i % 11 <> 5 THEN repeat(chr((97 + i % 26)::INTEGER), (i % 40)::INTEGER) END AS name,
  CASE WHEN i % 11 <> 6 THEN ['a word that comes again', 'é☃', 'another that comes again', ''][1 + i % 4] END AS word,
  CASE WHEN i % 11 <> 7 THEN json_object('k', i, 'v', repeat('v', (i % 30)::INTEGER)) END AS doc,
  CASE WHEN i % 11 <> 8 THEN repeat('b', (i % 25)::INTEGER)::BLOB END AS raw,
  CASE WHEN i % 11 <> 9 THEN DATE '1990-01-01' + (i % 20000)::INTEGER END AS day,
  CASE WHEN i % 11 <> 10 THEN make_timestamptz(i * 1000003) END AS at,
  CASE WHEN i % 11 <> 0 THEN to_microseconds(i * 1001) + to_days((i % 9)::INTEGER) END AS span,
  CASE WHEN i % 5 <> 0 THEN md5(i::VARCHAR)::UUID END AS key,
  CASE WHEN i % 3 <> 0 THEN [i, NULL, i % 5]::INTEGER[] WHEN i % 2 = 0 THEN [] END AS list,
  CASE WHEN i % 4 <> 0 THEN list_transform(range(i % 6), lambda x: 'name of some length ' || (x + i)) END AS names
  FROM range(50000) AS t(i)`;

describe('many rows as binary COPY', () => {
  it('from Parquet are those that arrive as text, NULL in every column among them', async () => {
    const file = path.join(folder, 'rows.parquet');
    await setting.connection.run(`COPY (${ROWS}) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 20000)`);
    const query = `SELECT * FROM read_parquet('${file}')`;
    expect(await setting.copyAsText(COLUMNS, query)).toBe(50_000);
    await setting.client.query('DROP TABLE IF EXISTS as_text; ALTER TABLE t RENAME TO as_text');
    expect(await setting.copy(COLUMNS, query)).toEqual({ format: 'FORMAT binary', rows: 50_000 });
    const { rows } = await setting.client.query<{ differences: string }>(`SELECT count(*) AS differences FROM
      ((TABLE t EXCEPT ALL TABLE as_text) UNION ALL (TABLE as_text EXCEPT ALL TABLE t)) AS either`);
    expect(rows).toEqual([{ differences: '0' }]);
    const nulls = await setting.client.query<{ nulls: string }>(
      `SELECT count(*) AS nulls FROM t WHERE NOT (t.* IS NOT NULL)`,
    );
    expect(Number(nulls.rows[0]?.nulls)).toBe(50_000);
  });

  it('whose strings are of every length, some longer than a block, arrive whole', async () => {
    const query = `SELECT i AS id, repeat(chr((97 + i % 26)::INTEGER), (CASE WHEN i % 1000 = 7 THEN 900000 ELSE i END)::INTEGER) AS v,
      CASE WHEN i % 2 = 0 THEN repeat('z', (i % 300)::INTEGER) END AS w FROM range(5000) AS t(i)`;
    expect(await setting.copy('id integer, v text, w text', query)).toMatchObject({ rows: 5_000 });
    const { rows } = await setting.client.query<{ wrong: string }>(`SELECT count(*) AS wrong FROM t WHERE
      v IS DISTINCT FROM repeat(chr(97 + id % 26), CASE WHEN id % 1000 = 7 THEN 900000 ELSE id END)
      OR w IS DISTINCT FROM CASE WHEN id % 2 = 0 THEN repeat('z', id % 300) END`);
    expect(rows).toEqual([{ wrong: '0' }]);
  });

  it('as wide as a table of PostgreSQL can be arrive', async () => {
    const names = Array.from({ length: 1_600 }, (_, index) => `c${index}`);
    const query = `SELECT ${names.map((name, index) => `(i + ${index})::INTEGER AS ${name}`).join(', ')} FROM range(100) AS t(i)`;
    await setting.copy(names.map((name) => `${name} integer`).join(', '), query);
    const { rows } = await setting.client.query('SELECT sum(c0)::int AS first, sum(c1599)::int AS last FROM t');
    expect(rows).toEqual([{ first: 4950, last: 4950 + 159_900 }]);
  });

  it('take no more memory than few', async () => {
    const columns = [
      { name: 'id', type: 'bigint', kind: 'base', base: 'int8', delimiter: ',', notNull: false },
      { name: 'v', type: 'text', kind: 'base', base: 'text', delimiter: ',', notNull: false },
      { name: 'n', type: 'numeric', kind: 'base', base: 'numeric', delimiter: ',', notNull: false },
    ] satisfies ColumnType[];
    const query = `SELECT i AS id, repeat('v', 400) || i AS v, i::DECIMAL(18, 2) AS n FROM range(1000000) AS t(i)`;
    const { chunks } = await openDuckCopy(setting.connection, query, columns, { table: 't' });
    let bytes = 0;
    let early = 0;
    let most = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      const { rss } = process.memoryUsage();
      if (bytes < 40_000_000) early = Math.max(early, rss);
      else most = Math.max(most, rss);
    }
    expect(bytes).toBeGreaterThan(400_000_000);
    expect(most - early).toBeLessThan(150_000_000);
  });
});
