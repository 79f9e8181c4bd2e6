import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientBase } from 'pg';
import { COPY_HEADER, COPY_TRAILER } from '../connectors/postgres/binary/copy-format.js';
import { LiveRows, WindowBuffers } from '../connectors/postgres/unchanged/live-rows.js';
import { endOf, startOf, type RowsWindow } from '../connectors/postgres/unchanged/rows-window.js';
import { JsonComparer } from '../connectors/postgres/unchanged/same-json.js';
import { SourceRows } from '../connectors/postgres/unchanged/source-rows.js';
import { type IngestSetting, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

/** The first field of each row, as text. */
function firstFields(window: RowsWindow): string[] {
  return Array.from({ length: window.count }, (_, row) => {
    const at = startOf(window, row) + 2;
    return window.bytes.toString('latin1', at + 4, at + 4 + window.view.getInt32(at));
  });
}

describe('rows of COPY TO STDOUT', () => {
  function open(client: ClientBase, query: string): LiveRows {
    return client.query(new LiveRows(`COPY (${query}) TO STDOUT (FORMAT binary)`, new WindowBuffers()));
  }

  async function all(rows: LiveRows): Promise<string[]> {
    const found: string[] = [];
    for (let window = await rows.next(); window !== undefined; window = await rows.next()) {
      found.push(...firstFields(window));
      // A reader that is slower than the server.
      if (found.length % 5 === 0) await setTimeout(1);
    }
    return found;
  }

  it('come whole, in their order, however many and however long they are', async () => {
    await setting.postgres.use(async (client) => {
      for (const [count, bytes] of [[0, 1], [1, 0], [3, 3_000_000], [200_000, 30], [4_000, 5_000]] as const) {
        const rows = open(client, `SELECT g::text, repeat('x', ${bytes}), NULL FROM generate_series(1, ${count}) AS g`);
        const found = await all(rows);
        expect(found.length).toBe(count);
        expect(rows.rows).toBe(count);
        expect(found.every((text, index) => text === String(index + 1))).toBe(true);
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      }
    }); // prettier-ignore
  });

  it('come between notices and changed settings, which the driver is told of', async () => {
    await setting.postgres.use(async (client) => {
      await client.query(`SET client_min_messages = notice; CREATE FUNCTION pg_temp.tell(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
        IF n % 100 = 0 THEN RAISE NOTICE 'at %', n; PERFORM set_config('application_name', 'n' || n, false); END IF; RETURN n; END $$`);
      const told: (string | undefined)[] = [];
      client.on('notice', ({ message }) => told.push(message));
      const found = await all(open(client, 'SELECT pg_temp.tell(g) FROM generate_series(1, 1000) AS g'));
      expect(found.map(Number)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
      expect(told).toEqual(Array.from({ length: 10 }, (_, index) => `at ${(index + 1) * 100}`));
      client.removeAllListeners('notice');
    });
  });

  it('end with what the server says when it fails on the way, and the session takes what comes next', async () => {
    await setting.postgres.use(async (client) => {
      for (const failsAt of [1, 5_000, 90_000]) {
        const rows = open(
          client,
          `SELECT (1 / (${failsAt} - g))::text, repeat('x', 20) FROM generate_series(1, 100000) AS g`,
        );
        expect(await rejection(all(rows))).toMatchObject({ code: '22012' });
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      }
      expect(await rejection(all(open(client, 'SELECT no_such_column')))).toMatchObject({ code: '42703' });
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('that are given up let the session go on', async () => {
    await setting.postgres.use(async (client) => {
      const rows = open(client, `SELECT g::text, repeat('x', 100) FROM generate_series(1, 300000) AS g`);
      await rows.next();
      await setTimeout(50);
      await rows.drop();
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      const waiting = open(client, `SELECT g::text FROM generate_series(1, 300000) AS g`);
      await waiting.drop();
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });
});

describe('rows of a source', () => {
  const row = (id: string, length: number): Buffer => {
    const bytes = Buffer.alloc(2 + 4 + id.length + 4 + Math.max(0, length));
    bytes.writeInt16BE(2, 0);
    bytes.writeInt32BE(id.length, 2);
    bytes.write(id, 6, 'latin1');
    bytes.writeInt32BE(length, 6 + id.length);
    return bytes;
  };
  const rows = Array.from({ length: 300 }, (_, at) =>
    row(String(at), (at * 37) % 400 === 0 ? 5_000 : ((at * 53) % 90) - 1),
  );
  const copy = Buffer.concat([COPY_HEADER, ...rows, COPY_TRAILER]);

  async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) {
      await Promise.resolve();
      yield bytes.subarray(at, at + size);
    }
  }

  it.each([1, 7, 100, 4_096, 1_000_000])('are whole, wherever its chunks of %i bytes are cut', async (size) => {
    const source = new SourceRows(cut(copy, size), 2);
    const found: string[] = [];
    const bytes: Buffer[] = [];
    for (let window = await source.next(); window !== undefined; window = await source.next()) {
      found.push(...firstFields(window));
      for (let at = 0; at < window.count; at++)
        bytes.push(window.bytes.subarray(startOf(window, at), endOf(window, at)));
    }
    expect(found).toEqual(rows.map((_row, at) => String(at)));
    expect(Buffer.concat(bytes).equals(Buffer.concat(rows))).toBe(true);
    expect(source.isAtEnd).toBe(true);
  });

  it('that are not looked at are left as they are', async () => {
    const source = new SourceRows(cut(copy, 1_000), 2);
    const window = await source.next();
    const left: Uint8Array[] = [];
    for await (const chunk of source.remaining()) left.push(chunk);
    const first =
      window === undefined
        ? Buffer.alloc(0)
        : window.bytes.subarray(startOf(window, 0), endOf(window, window.count - 1));
    expect(Buffer.concat([COPY_HEADER, first, ...left]).equals(copy)).toBe(true);
  });

  it('of another width are not looked at', async () => {
    const source = new SourceRows(cut(copy, 1_000_000), 3);
    expect(await source.next()).toBeUndefined();
    expect(source.isAtEnd).toBe(false);
  });
});

describe('JSON of a source and what the server makes of it', () => {
  const comparer = new JsonComparer();
  const same = (text: string, live: string): boolean => {
    // Bytes of others around them.
    const [source, stored] = [Buffer.from(`}"${text}1}`), Buffer.from(`]1${live}"1`)];
    return comparer.same(source, 2, source.length - 2, stored, 2, stored.length - 2);
  };

  it.each([
    '{}', '[]', '""', '0', 'null', 'true', '-1.50', '"a"', ' [ 1 , 2 ,[ ] , { } ]\n', '{"a":1}', '{"bb":1,"a":[{"z":1,"y":{"x":[]}}]}',
    '{"tags":["x","y"],"kind":"k","size":12}', '{"a":"with } and \\" and \\\\","b":"{"}', '\t{ "k" : "v" ,\r\n"j":false }', '{"é":"東京"}',
    '{"":{"":{"":0}}}', '[[1],[[2]],"]"]', '{"a":{"b":1,"a":2},"b":{"a":2,"b":1}}',
  ])('%s is the same', async (text) => {
    expect(same(text, String(await setting.ask('SELECT $1::jsonb::text', [text])))).toBe(true);
  }); // prettier-ignore

  it.each([
    ['{"a":1,"a":2}', '{"a": 2}'], ['{"a":1,"a":1}', '{"a": 1, "b": 1}'], ['{"a":1,"a":1}', '{"a": 1}'], ['{"\\u0061":1}', '{"a": 1}'], ['1.00', '1.0'],
    ['[1,]', '[1]'], ['[,1]', '[1]'], ['[1 2]', '[12]'], ['[1,2', '[1, 2]'], ['{"a":1,}', '{"a": 1}'], ['{"a" 1}', '{"a": 1}'], ['{"a":1 "b":2}', '{"a": 1, "b": 2}'],
    ['{a:1}', '{"a": 1}'], ['', '1'], [' ', '1'], ['tru', 'true'], ['truee', 'true'], ['1 1', '1'], ['"a', '"a"'], ['"a\\"', '"a\\""'], ['{"a":1}}', '{"a": 1}'],
    ['{}', '[]'], ['[1]', '[1, 2]'], ['[1,2]', '[1]'], ['{"a":1}', '{"a": 1, "b": 2}'], ['{"a":1,"b":2}', '{"a": 1}'], ['{"a":"1"}', '{"a": 1}'], ['12', '1'], ['1', '12'],
    ['{"a":[1],"b":2}', '{"a": [1, 3], "b": 2}'], [`${'['.repeat(80)}${']'.repeat(80)}`, `${'['.repeat(80)}${']'.repeat(80)}`],
  ])('%s is not %s, or it is not sure', (text, live) => {
    expect(same(text, live)).toBe(false);
  }); // prettier-ignore

  it('is never the same where the server takes it for something else, or refuses it', async () => {
    let state = 4_711;
    const random = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * bound);
    };
    const space = (): string => ['', '', ' ', '\n'][random(4)] ?? '';
    const value = (depth: number): string => {
      const kind = random(depth > 3 ? 5 : 8);
      if (kind < 2) return ['0', '-1.0', '1.00', '2e3', '12', '1'][random(6)] ?? '0';
      if (kind < 4) return `"${['', 'a', 'b\\n', '\\"', '\\u0061', 'é', '{', ']'][random(8)] ?? ''}"`;
      if (kind === 4) return ['true', 'false', 'null'][random(3)] ?? 'null';
      const count = random(4);
      if (kind === 5) return `[${Array.from({ length: count }, () => space() + value(depth + 1) + space()).join(',')}]`;
      const member = (): string =>
        `${space()}"${['a', 'b', 'aa', '\\u0061', ''][random(5)] ?? ''}"${space()}:${space()}${value(depth + 1)}`;
      return `{${Array.from({ length: count }, member).join(',')}${space()}}`;
    };
    const texts = Array.from({ length: 3_000 }, () => {
      const text = value(0);
      const at = random(text.length);
      // Some of them a little wrong, or a little different.
      if (random(3) > 0) return text;
      return text.slice(0, at) + (['', ',', '"', '}', '1', ' ', 'a'][random(7)] ?? '') + text.slice(at + random(2));
    });
    let found = 0;
    await setting.postgres.use(async (client) => {
      await client.query(`CREATE FUNCTION pg_temp.read(t text) RETURNS text LANGUAGE plpgsql AS
        'BEGIN RETURN t::jsonb::text; EXCEPTION WHEN OTHERS THEN RETURN NULL; END'`);
      const { rows } = await client.query<{ live: string | null }>(
        'SELECT pg_temp.read(t) AS live FROM unnest($1::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n',
        [texts],
      );
      const lives = rows.map(({ live }) => live);
      const stored = [...new Set(lives.filter((live) => live !== null))];
      for (const [index, text] of texts.entries())
        for (const live of [
          lives[index] ?? '0',
          ...Array.from({ length: 20 }, () => stored[random(stored.length)] ?? '0'),
        ])
          if (same(text, live)) {
            found += 1;
            expect({ text, live: lives[index] }).toEqual({ text, live });
          }
    });
    expect(found).toBeGreaterThan(500);
  });
});
