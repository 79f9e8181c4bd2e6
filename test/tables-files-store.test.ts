import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { probeTable } from '../connectors/tables/index.js';
import { codeOf, csvOf, filesStores, places, storeOf, textOf } from './support/files-stores.js';

filesStores();

describe('FilesStore, reading', () => {
  it('gives the bytes of a CSV file, its size and its path', async () => {
    await writeFile(path.join(places().root, 'cust_customers.csv'), 'id,zip\n1,00501\n');
    const csv = await storeOf().read('cust_customers');
    expect(csv).toMatchObject({ bytes: 15, path: path.join(places().root, 'cust_customers.csv') });
    expect((await buffer(csv!.stream)).toString()).toBe('id,zip\n1,00501\n');
  });

  it('knows no table that is not there', async () => {
    expect(await storeOf().read('cust_orders')).toBeUndefined();
    expect(await storeOf().probe('cust_orders')).toBe('absent');
  });

  it('leaves a byte order mark out', async () => {
    await writeFile(path.join(places().root, 't.csv'), '\uFEFFid\n1\n');
    const csv = await storeOf().read('t');
    expect(csv).toMatchObject({ bytes: 5 });
    // No path: the file has other bytes.
    expect(csv).not.toHaveProperty('path');
    expect((await buffer(csv!.stream)).toString()).toBe('id\n1\n');
  });

  it('refuses UTF-16', async () => {
    await writeFile(path.join(places().root, 't.csv'), Buffer.from('\uFEFFid\n1\n', 'utf16le'));
    await expect(storeOf().read('t')).rejects.toEqual(codeOf('BAD_ENCODING'));
  });

  it('names both files of a table that has two', async () => {
    await writeFile(path.join(places().root, 't.csv'), 'id\n');
    await writeFile(path.join(places().root, 't.parquet'), '');
    await expect(storeOf().read('t')).rejects.toEqual(codeOf('AMBIGUOUS_TABLE'));
    await expect(storeOf().read('t')).rejects.toThrow('t.csv and t.parquet');
  });

  it('lists tables by name, sorted, each once, and nothing else', async () => {
    for (const file of ['b.csv', 'a.parquet', 'b.parquet', '.tidemark-x-1-table-y.tmp', 'notes.txt', '.hidden.csv']) {
      await writeFile(path.join(places().root, file), '');
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
      expect(await readdir(places().root)).toEqual([]);
    },
  );

  it('follows no link that leads out of the folder, and does follow one within it', async () => {
    await writeFile(path.join(places().folder, 'secret.csv'), 'secret\n');
    await writeFile(path.join(places().root, 'real.csv'), 'id\n1\n');
    await symlink(path.join(places().folder, 'secret.csv'), path.join(places().root, 'out.csv'));
    await symlink('real.csv', path.join(places().root, 'in.csv'));
    await mkdir(path.join(places().folder, 'store-beside'));
    await writeFile(path.join(places().folder, 'store-beside', 'x.csv'), 'secret\n');
    await symlink('../store-beside/x.csv', path.join(places().root, 'beside.csv'));
    const store = storeOf();
    await expect(store.read('out')).rejects.toEqual(codeOf('PATH_OUTSIDE_ROOT'));
    await expect(store.probe('out')).rejects.toEqual(codeOf('PATH_OUTSIDE_ROOT'));
    await expect(store.read('beside')).rejects.toEqual(codeOf('PATH_OUTSIDE_ROOT'));
    expect(await textOf(store, 'in')).toBe('id\n1\n');
  });

  it('says that a folder is missing, and how to mend it', async () => {
    const store = storeOf({ path: path.join(places().folder, 'no', 'such') });
    await expect(store.list()).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await expect(store.check()).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await expect(store.write('t', csvOf('a\n'), { mode: 'replace' })).rejects.toEqual(codeOf('STORE_NOT_FOUND'));
    await writeFile(path.join(places().folder, 'file'), '');
    await expect(storeOf({ path: path.join(places().folder, 'file') }).check()).rejects.toEqual(
      codeOf('STORE_NOT_FOUND'),
    );
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
    for (const [name, [text]] of Object.entries(cases)) await writeFile(path.join(places().root, `${name}.csv`), text!);
    const seen: Record<string, string> = {};
    for (const name of Object.keys(cases)) seen[name] = await probeTable(store, name);
    expect(seen).toEqual(Object.fromEntries(Object.entries(cases).map(([name, [, presence]]) => [name, presence])));
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
    expect(await readdir(places().root)).toEqual(['t.parquet']);
    expect(await textOf(store, 't')).toBe(text);
    expect((await readdir(places().spool)).filter((name) => !name.includes('-duckdb-'))).toEqual([]);
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
    const odd = path.join(places().folder, "it's [a] *?");
    const store = storeOf({ path: odd, format: 'parquet' });
    await store.write('t[1]*', csvOf('a\n1\n'), { mode: 'replace' });
    expect(await textOf(store, 't[1]*')).toBe('a\n1\n');
  });

  it('says that a file is no Parquet, in words that hold nothing of it', async () => {
    await writeFile(path.join(places().root, 't.parquet'), 'secret-value,1\n');
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
    expect(path.dirname(csv!.path!)).toBe(places().spool);
    expect((await stat(csv!.path!)).mode & 0o077).toBe(0);
    csv!.stream.destroy();
    await once(csv!.stream, 'close');
    await store.close();
    await expect(stat(csv!.path!)).rejects.toThrow('ENOENT');
    expect(await readdir(places().spool)).toEqual([]);
  });
});
