import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createStore,
  FilesStore,
  probeTable,
  type FilesStoreOptions,
  type TableStore,
} from '../connectors/tables/index.js';

let folder: string;
let root: string;
let spool: string;
const open: TableStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
  root = path.join(folder, 'store');
  spool = path.join(folder, 'spool');
  await mkdir(root);
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

function storeOf(options: Partial<FilesStoreOptions> = {}): FilesStore {
  const store = new FilesStore({ path: root, spoolDirectory: spool, ...options });
  open.push(store);
  return store;
}

async function textOf(store: TableStore, table: string): Promise<string | undefined> {
  const csv = await store.read(table);
  if (csv === undefined) return undefined;
  const closed = once(csv.stream, 'close');
  const bytes = await buffer(csv.stream);
  await closed;
  return bytes.toString();
}

const csvOf = (text: string, size = 5): Readable =>
  Readable.from(
    (function* () {
      for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
    })(),
  );
const codeOf = (code: string): unknown => expect.objectContaining({ name: 'TidemarkError', code });

describe('FilesStore, reading', () => {
  it('gives the bytes of a CSV file, its size and its path', async () => {
    await writeFile(path.join(root, 'cust_customers.csv'), 'id,zip\n1,00501\n');
    const csv = await storeOf().read('cust_customers');
    expect(csv).toMatchObject({ bytes: 15, path: path.join(root, 'cust_customers.csv') });
    expect((await buffer(csv!.stream)).toString()).toBe('id,zip\n1,00501\n');
  });

  it('knows no table that is not there', async () => {
    expect(await storeOf().read('cust_orders')).toBeUndefined();
    expect(await storeOf().probe('cust_orders')).toBe('absent');
  });

  it('leaves a byte order mark out', async () => {
    await writeFile(path.join(root, 't.csv'), '\uFEFFid\n1\n');
    const csv = await storeOf().read('t');
    expect(csv).toMatchObject({ bytes: 5 });
    // No path: the file has other bytes.
    expect(csv).not.toHaveProperty('path');
    expect((await buffer(csv!.stream)).toString()).toBe('id\n1\n');
  });

  it('refuses UTF-16', async () => {
    await writeFile(path.join(root, 't.csv'), Buffer.from('\uFEFFid\n1\n', 'utf16le'));
    await expect(storeOf().read('t')).rejects.toEqual(codeOf('BAD_ENCODING'));
  });

  it('names both files of a table that has two', async () => {
    await writeFile(path.join(root, 't.csv'), 'id\n');
    await writeFile(path.join(root, 't.parquet'), '');
    await expect(storeOf().read('t')).rejects.toEqual(codeOf('AMBIGUOUS_TABLE'));
    await expect(storeOf().read('t')).rejects.toThrow('t.csv and t.parquet');
  });

  it('lists tables by name, sorted, each once, and nothing else', async () => {
    for (const file of ['b.csv', 'a.parquet', 'b.parquet', '.tidemark-x-1-table-y.tmp', 'notes.txt', '.hidden.csv']) {
      await writeFile(path.join(root, file), '');
    }
    expect(await storeOf().list()).toEqual(['a', 'b']);
  });

  it.each(['', '.', '..', '../secret', 'a/b', 'a\\b', '.hidden', 'a\0b', 'a\nb', 'x'.repeat(300)])(
    'refuses the name %j',
    async (name) => {
      const store = storeOf();
      await expect(store.read(name)).rejects.toEqual(codeOf('BAD_TABLE_NAME'));
      await expect(store.probe(name)).rejects.toEqual(codeOf('BAD_TABLE_NAME'));
      await expect(store.write(name, csvOf('a\n'), { mode: 'replace' })).rejects.toEqual(codeOf('BAD_TABLE_NAME'));
      await expect(store.write('t', csvOf('a\n'), { mode: 'delta', deltaName: name })).rejects.toEqual(
        codeOf('BAD_TABLE_NAME'),
      );
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('follows no link that leads out of the folder, and does follow one within it', async () => {
    await writeFile(path.join(folder, 'secret.csv'), 'secret\n');
    await writeFile(path.join(root, 'real.csv'), 'id\n1\n');
    await symlink(path.join(folder, 'secret.csv'), path.join(root, 'out.csv'));
    await symlink('real.csv', path.join(root, 'in.csv'));
    await mkdir(path.join(folder, 'store-beside'));
    await writeFile(path.join(folder, 'store-beside', 'x.csv'), 'secret\n');
    await symlink('../store-beside/x.csv', path.join(root, 'beside.csv'));
    const store = storeOf();
    await expect(store.read('out')).rejects.toEqual(codeOf('PATH_OUTSIDE_ROOT'));
    await expect(store.probe('out')).rejects.toEqual(codeOf('PATH_OUTSIDE_ROOT'));
    await expect(store.read('beside')).rejects.toEqual(codeOf('PATH_OUTSIDE_ROOT'));
    expect(await textOf(store, 'in')).toBe('id\n1\n');
  });

  it('says that a folder is missing, and how to mend it', async () => {
    const store = storeOf({ path: path.join(folder, 'no', 'such') });
    await expect(store.list()).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await expect(store.check()).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await expect(store.write('t', csvOf('a\n'), { mode: 'replace' })).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await writeFile(path.join(folder, 'file'), '');
    await expect(storeOf({ path: path.join(folder, 'file') }).check()).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await expect(storeOf().check()).resolves.toBeUndefined();
  });

  it('probes by the first bytes: absent, empty, rows (weakness 25)', async () => {
    const store = storeOf();
    const cases = {
      nothing: ['', 'empty'],
      header: ['id,name', 'empty'],
      headerLine: ['id,name\r\n', 'empty'],
      quoted: ['id,"a\nb"\n', 'empty'],
      one: ['id\n1', 'rows'],
      nullRow: ['id\n\n', 'rows'],
      bom: ['\uFEFF', 'empty'],
    };
    for (const [name, [text]] of Object.entries(cases)) await writeFile(path.join(root, `${name}.csv`), text!);
    const seen: Record<string, string> = {};
    for (const name of Object.keys(cases)) seen[name] = await probeTable(store, name);
    expect(seen).toEqual(Object.fromEntries(Object.entries(cases).map(([name, [, presence]]) => [name, presence])));
  });
});

describe('FilesStore, writing', () => {
  it('puts a table in the place of the old one and counts its rows', async () => {
    const store = storeOf();
    await writeFile(path.join(root, 't.csv'), 'old\n');
    const written = await store.write('t', csvOf('id,text\n1,"a\nb"\n2,c'), { mode: 'replace' });
    expect(written).toEqual({ table: 't', rows: 2, bytes: 19 });
    expect(await readFile(path.join(root, 't.csv'), 'utf8')).toBe('id,text\n1,"a\nb"\n2,c');
    expect(await readdir(root)).toEqual(['t.csv']);
  });

  it('creates its folder at the first write', async () => {
    const store = createStore({ type: 'files', path: path.join(root, 'new') });
    await store.check();
    await store.write('t', csvOf('a\n'), { mode: 'replace' });
    expect(await store.list()).toEqual(['t']);
  });

  it('reports the largest instant of a column without a second look (weakness 33)', async () => {
    const text = 'id,trdm_created_at\n1,2025-03-01 12:00:00+00\n2,2025-03-01 12:30:00+01\n';
    const written = await storeOf().write('t', csvOf(text), { mode: 'replace', largestOf: 'trdm_created_at' });
    expect(written.largest).toBe('2025-03-01T12:00:00+00:00');
    const none = await storeOf().write('t', csvOf('id\n1\n'), { mode: 'replace', largestOf: 'trdm_created_at' });
    expect(none.largest).toBeNull();
  });

  it.each(['csv', 'parquet'] as const)('removes the file of the other format when it writes %s', async (format) => {
    await writeFile(path.join(root, format === 'csv' ? 't.parquet' : 't.csv'), 'old');
    await storeOf({ format }).write('t', csvOf('id\n1\n'), { mode: 'replace' });
    expect(await readdir(root)).toEqual([`t.${format}`]);
  });

  it.each([
    [
      'the source breaks',
      (): Readable =>
        Readable.from(
          (async function* () {
            yield Buffer.from('id\n1\n');
            await Promise.resolve();
            throw new Error('broken');
          })(),
        ),
      'broken',
    ],
    [
      'the bytes are not UTF-8',
      (): Readable => Readable.from([Buffer.from('id\n'), Buffer.of(0xe9, 0x0a)]),
      'not UTF-8',
    ],
    [
      'a character is cut off at the end',
      (): Readable => Readable.from([Buffer.from('id\n'), Buffer.of(0xe9)]),
      'not UTF-8',
    ],
  ])('changes nothing and leaves nothing behind when %s', async (_, source, message) => {
    await writeFile(path.join(root, 't.csv'), 'old\n');
    for (const format of ['csv', 'parquet'] as const) {
      await expect(storeOf({ format }).write('t', source(), { mode: 'replace' })).rejects.toThrow(message);
    }
    expect(await readdir(root)).toEqual(['t.csv']);
    expect(await readFile(path.join(root, 't.csv'), 'utf8')).toBe('old\n');
    expect(await readdir(spool)).toEqual([]);
  });

  it('changes nothing when the caller finds that something is missing', async () => {
    const short = new Error('one row is missing');
    const verify = ({ rows }: { rows: number }): void => {
      if (rows !== 3) throw short;
    };
    await expect(storeOf().write('t', csvOf('id\n1\n2\n'), { mode: 'replace', verify })).rejects.toBe(short);
    expect(await readdir(root)).toEqual([]);
  });

  it('stops when it is told to, and releases the source', async () => {
    const abort = new AbortController();
    const source = new Readable({ read: () => undefined });
    source.push('id\n1\n');
    const writing = storeOf().write('t', source, { mode: 'replace', signal: abort.signal });
    setImmediate(() => abort.abort(new Error('cancelled')));
    await expect(writing).rejects.toThrow('cancelled');
    expect(source.destroyed).toBe(true);
    expect(await readdir(root)).toEqual([]);
  });

  it('lets a reader have the old table to its end while the new one is put in place', async () => {
    const store = storeOf();
    const old = `id\n${'1\n'.repeat(500_000)}`;
    await writeFile(path.join(root, 't.csv'), old);
    const reading = await store.read('t');
    await store.write('t', csvOf('id\n2\n'), { mode: 'replace' });
    expect((await buffer(reading!.stream)).length).toBe(old.length);
    expect(await textOf(store, 't')).toBe('id\n2\n');
  });

  it('keeps the mode of the old file, gives a new one that of the folder, and hides what is not finished', async () => {
    const store = storeOf();
    await chmod(root, 0o750);
    await writeFile(path.join(root, 'old.csv'), '');
    await chmod(path.join(root, 'old.csv'), 0o604);
    const seen: number[] = [];
    const looking = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('id\n');
      for (const name of await readdir(root)) {
        if (name.endsWith('.tmp')) seen.push((await stat(path.join(root, name))).mode & 0o777);
      }
    };
    await store.write('old', Readable.from(looking()), { mode: 'replace' });
    await store.write('new', csvOf('id\n'), { mode: 'replace' });
    const modes = await Promise.all(
      ['old.csv', 'new.csv'].map(async (file) => (await stat(path.join(root, file))).mode & 0o777),
    );
    expect(modes).toEqual([0o604, 0o640]);
    expect(seen).toEqual([0o600]);
  });

  it('sweeps what a dead process left behind, and nothing that may be alive', async () => {
    const host = /^\.tidemark-([^-]+)-/u;
    // The name of a file of our own shows the form of names on this host.
    let own = '';
    const looking = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('id\n');
      own = (await readdir(root)).find((name) => name.endsWith('.tmp')) ?? '';
    };
    await storeOf().write('t', Readable.from(looking()), { mode: 'replace' });
    const tag = host.exec(own)?.[1];
    expect(own).toContain(`-${process.pid}-`);

    const other = path.join(folder, 'other');
    await mkdir(other);
    const files = {
      dead: `.tidemark-${tag}-999999999-table-a.tmp`,
      alive: `.tidemark-${tag}-1-table-b.tmp`,
      elsewhere: '.tidemark-anotherhost-999999999-table-c.tmp',
      old: '.tidemark-anotherhost-999999999-table-d.tmp',
      foreign: 'somebody.tmp',
      predecessor: `.tidemark-${tag}-${process.pid}-table-e.tmp`,
    };
    for (const name of Object.values(files)) await writeFile(path.join(other, name), '');
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(path.join(other, files.old), longAgo, longAgo);
    const before = new Date(Date.now() - process.uptime() * 1_000 - 10_000);
    await utimes(path.join(other, files.predecessor), before, before);
    await storeOf({ path: other }).write('t', csvOf('id\n'), { mode: 'replace' });
    expect((await readdir(other)).sort()).toEqual([files.alive, files.elsewhere, files.foreign, 't.csv'].sort());
  });

  it('refuses options that it does not know', () => {
    const misspelt = { path: 'x', fromat: 'csv' };
    expect(() => new FilesStore(misspelt)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }));
  });
});

describe('FilesStore, deltas', () => {
  it('writes a delta of its own, which never replaces the table, and reads it by its name', async () => {
    const store = storeOf();
    await store.write('t', csvOf('id\n1\n'), { mode: 'replace' });
    const written = await store.write('t', csvOf('id\n2\n'), { mode: 'delta', deltaName: 'run-1' });
    expect(written).toMatchObject({ table: 't.delta-run-1', rows: 1 });
    expect(await textOf(store, written.table)).toBe('id\n2\n');
    expect(await textOf(store, 't')).toBe('id\n1\n');
    expect(await store.probe(written.table)).toBe('rows');
    expect(await store.list()).toEqual(['t']);
  });

  it('overwrites the delta of the same run, and keeps those of others until they are consumed', async () => {
    const store = storeOf();
    await store.write('t', csvOf('id\n1\n'), { mode: 'delta', deltaName: 'b' });
    await store.write('t', csvOf('id\n2\n'), { mode: 'delta', deltaName: 'a' });
    await store.write('u', csvOf('id\n3\n'), { mode: 'delta', deltaName: 'a' });
    await store.write('t', csvOf('id\n4\n'), { mode: 'delta', deltaName: 'a' });
    expect(await store.listDeltas('t')).toEqual([
      { name: 't.delta-b', table: 't' },
      { name: 't.delta-a', table: 't' },
    ]);
    expect(await textOf(store, 't.delta-a')).toBe('id\n4\n');
    expect(await store.removeDelta('t.delta-a')).toBe(true);
    expect(await store.removeDelta('t.delta-a')).toBe(false);
    expect(await store.listDeltas()).toHaveLength(2);
    await expect(store.removeDelta('t')).rejects.toEqual(codeOf('BAD_TABLE_NAME'));
  });

  it('has none where nothing was written', async () => {
    expect(await storeOf().listDeltas()).toEqual([]);
  });

  it('refuses a table whose name is that of a delta', async () => {
    await expect(storeOf().write('t.delta-x', csvOf('id\n'), { mode: 'replace' })).rejects.toEqual(
      codeOf('BAD_TABLE_NAME'),
    );
  });
});

describe('FilesStore, Parquet', () => {
  const text =
    'id,code,big,amount,flag,day,at,note\n' +
    '1,00501,9007199254740993,1.10,true,2024-02-29,9999-12-31T00:00:00+00,""\n' +
    '2,NA,-1,1e400,false,,2025-03-01 12:00:00.123456+05:30,\n' +
    '3,"say ""hi"", twice\n",,0.0,,2025-01-01,,Zürich\n';
  const columns = [
    { name: 'id', dataType: 'integer' },
    { name: 'code', dataType: 'varchar' },
    { name: 'big', dataType: 'bigint' },
    { name: 'amount', dataType: 'numeric' },
    { name: 'flag', dataType: 'boolean' },
    { name: 'day', dataType: 'date' },
    { name: 'at', dataType: 'timestamp with time zone' },
    { name: 'note', dataType: 'text' },
  ];

  it('gives back every value as it was written: leading zeros, NA, large integers, scale, NULL and "" (weaknesses 2 and 3)', async () => {
    const store = storeOf({ format: 'parquet' });
    const written = await store.write('t', csvOf(text), { mode: 'replace', columns });
    expect(written).toMatchObject({ table: 't', rows: 3 });
    expect(await readdir(root)).toEqual(['t.parquet']);
    expect(await textOf(store, 't')).toBe(text);
    expect((await readdir(spool)).filter((name) => !name.includes('-duckdb-'))).toEqual([]);
  });

  it('gives a column the type of its definition only where no value changes by it', async () => {
    const store = storeOf({ format: 'parquet' });
    const odd = 'id,n,b,d\n1,007,t,2024-2-3\n2,8,f,2024-02-03\n';
    const types = [
      { name: 'id', dataType: 'INTEGER' },
      { name: 'n', dataType: 'integer' },
      { name: 'b', dataType: 'boolean' },
      { name: 'd', dataType: 'date' },
    ];
    await store.write('t', csvOf(odd), { mode: 'replace', columns: types });
    expect(await textOf(store, 't')).toBe(odd);
  });

  it('keeps rows of one column apart from empty lines, and reads an empty table as a header', async () => {
    const store = storeOf({ format: 'parquet' });
    await store.write('one', csvOf('a\n1\n""\n'), { mode: 'replace' });
    expect(await textOf(store, 'one')).toBe('a\n1\n""\n');
    await store.write('none', csvOf('a,b\n'), { mode: 'replace' });
    expect(await textOf(store, 'none')).toBe('a,b\n');
    expect(await Promise.all(['one', 'none', 'absent'].map((name) => store.probe(name)))).toEqual([
      'rows',
      'empty',
      'absent',
    ]);
  });

  it.each([
    ['a lone carriage return', '\n', '"b\rc"'],
    ['a lone carriage return, where lines end by CRLF', '\r\n', '"b\rc"'],
    ['a line feed, where lines end by CRLF', '\r\n', '"b\nc"'],
    ['a CRLF', '\n', '"b\r\nc"'],
  ])('loses no row where the name of a column holds %s', async (_, lineEnd, name) => {
    const store = storeOf({ format: 'parquet' });
    const lines = [`a,${name}`, '1,"x\ry"', '2,"x\ny"', '3,"x\r\ny"', '4,'];
    await store.write('t', csvOf(`${lines.join(lineEnd)}${lineEnd}`), { mode: 'replace' });
    expect(await textOf(store, 't')).toBe(`${lines.join('\n')}\n`);
  });

  it('finds its file although its path looks like a pattern', async () => {
    const odd = path.join(folder, "it's [a] *?");
    const store = storeOf({ path: odd, format: 'parquet' });
    await store.write('t[1]*', csvOf('a\n1\n'), { mode: 'replace' });
    expect(await textOf(store, 't[1]*')).toBe('a\n1\n');
  });

  it('says that a file is no Parquet, in words that hold nothing of it', async () => {
    await writeFile(path.join(root, 't.parquet'), 'secret-value,1\n');
    const failure: unknown = await storeOf()
      .read('t')
      .catch((error: unknown) => error);
    expect(failure).toEqual(codeOf('DUCKDB_FAILED'));
    expect(String(failure)).not.toContain('secret-value');
  });

  it('opens no DuckDB that nobody would close any more', async () => {
    const store = storeOf({ format: 'parquet' });
    await store.write('t', csvOf(text), { mode: 'replace', columns });
    await store.close();
    await expect(store.read('t')).rejects.toEqual(codeOf('STORE_CLOSED'));
  });

  it('spools what it reads where only this user can read it, and removes that when the stream is destroyed', async () => {
    const store = storeOf({ format: 'parquet' });
    await store.write('t', csvOf(text), { mode: 'replace', columns });
    const csv = await store.read('t');
    expect(path.dirname(csv!.path!)).toBe(spool);
    expect((await stat(csv!.path!)).mode & 0o077).toBe(0);
    csv!.stream.destroy();
    await once(csv!.stream, 'close');
    await store.close();
    await expect(stat(csv!.path!)).rejects.toThrow('ENOENT');
    expect(await readdir(spool)).toEqual([]);
  });
});

describe('FilesStore, concurrent', () => {
  it('shows a reader the old table or the new one, never a part of either', async () => {
    const store = storeOf();
    const versions = ['1', '2', '3'].map((value) => `id\n${`${value}\n`.repeat(2_000)}`);
    await store.write('t', csvOf(versions[0]!, 500), { mode: 'replace' });
    const state = { done: false };
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1)
        await store.write('t', csvOf(versions[round % 3]!, 500), { mode: 'replace' });
      state.done = true;
    })();
    let reads = 0;
    while (!state.done) {
      const seen = await textOf(store, 't');
      expect(versions).toContain(seen);
      reads += 1;
    }
    await writing;
    expect(reads).toBeGreaterThan(0);
  });

  it('tells a name that becomes a link out of the folder while it is opened', async () => {
    const store = storeOf();
    await writeFile(path.join(folder, 'secret.csv'), 'secret\n');
    await writeFile(path.join(root, 'good.csv'), 'id\n');
    await symlink(path.join(folder, 'secret.csv'), path.join(root, 'bad'));
    const state = { done: false };
    const swapping = (async () => {
      for (let round = 0; round < 300; round += 1) {
        await rename(path.join(root, round % 2 === 0 ? 'good.csv' : 'bad'), path.join(root, 't.csv')).catch(
          () => undefined,
        );
        await rename(path.join(root, 't.csv'), path.join(root, round % 2 === 0 ? 'good.csv' : 'bad')).catch(
          () => undefined,
        );
      }
      state.done = true;
    })();
    const seen = new Set<string | undefined>();
    while (!state.done) {
      seen.add(await textOf(store, 't').catch((error: unknown) => (error as { code: string }).code));
    }
    await swapping;
    seen.delete(undefined);
    expect(
      [...seen].filter((what) => what !== 'id\n' && what !== 'PATH_OUTSIDE_ROOT' && what !== 'SOURCE_CHANGED'),
    ).toEqual([]);
  });
});
