import { chmod, mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createStore, FilesStore } from '../connectors/tables/index.js';
import { csvOf, filesStores, places, storeOf, textOf } from './support/files-stores.js';

filesStores();

describe('FilesStore, writing', () => {
  it('puts a table in the place of the old one and counts its rows', async () => {
    const store = storeOf();
    await writeFile(path.join(places().root, 't.csv'), 'old\n');
    const written = await store.write('t', csvOf('id,text\n1,"a\nb"\n2,c'), { mode: 'replace' });
    expect(written).toEqual({ table: 't', rows: 2, bytes: 19 });
    expect(await readFile(path.join(places().root, 't.csv'), 'utf8')).toBe('id,text\n1,"a\nb"\n2,c');
    expect(await readdir(places().root)).toEqual(['t.csv']);
  });

  it('creates its folder at the first write', async () => {
    const store = createStore({ type: 'files', path: path.join(places().root, 'new') });
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
    await writeFile(path.join(places().root, format === 'csv' ? 't.parquet' : 't.csv'), 'old');
    await storeOf({ format }).write('t', csvOf('id\n1\n'), { mode: 'replace' });
    expect(await readdir(places().root)).toEqual([`t.${format}`]);
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
    await writeFile(path.join(places().root, 't.csv'), 'old\n');
    for (const format of ['csv', 'parquet'] as const) {
      await expect(storeOf({ format }).write('t', source(), { mode: 'replace' })).rejects.toThrow(message);
    }
    expect(await readdir(places().root)).toEqual(['t.csv']);
    expect(await readFile(path.join(places().root, 't.csv'), 'utf8')).toBe('old\n');
    expect(await readdir(places().spool)).toEqual([]);
  });

  it('changes nothing when the caller finds that something is missing', async () => {
    const short = new Error('one row is missing');
    const verify = ({ rows }: { rows: number }): void => {
      if (rows !== 3) throw short;
    };
    await expect(storeOf().write('t', csvOf('id\n1\n2\n'), { mode: 'replace', verify })).rejects.toBe(short);
    expect(await readdir(places().root)).toEqual([]);
  });

  it('stops when it is told to, and releases the source', async () => {
    const abort = new AbortController();
    const source = new Readable({ read: () => undefined });
    source.push('id\n1\n');
    const writing = storeOf().write('t', source, { mode: 'replace', signal: abort.signal });
    setImmediate(() => abort.abort(new Error('cancelled')));
    await expect(writing).rejects.toThrow('cancelled');
    expect(source.destroyed).toBe(true);
    expect(await readdir(places().root)).toEqual([]);
  });

  it('lets a reader have the old table to its end while the new one is put in place', async () => {
    const store = storeOf();
    const old = `id\n${'1\n'.repeat(500_000)}`;
    await writeFile(path.join(places().root, 't.csv'), old);
    const reading = await store.read('t');
    await store.write('t', csvOf('id\n2\n'), { mode: 'replace' });
    expect((await buffer(reading!.stream)).length).toBe(old.length);
    expect(await textOf(store, 't')).toBe('id\n2\n');
  });

  it('keeps the mode of the old file, gives a new one that of the folder, and hides what is not finished', async () => {
    const store = storeOf();
    await chmod(places().root, 0o750);
    await writeFile(path.join(places().root, 'old.csv'), '');
    await chmod(path.join(places().root, 'old.csv'), 0o604);
    const seen: number[] = [];
    const looking = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('id\n');
      for (const name of await readdir(places().root)) {
        if (name.endsWith('.tmp')) seen.push((await stat(path.join(places().root, name))).mode & 0o777);
      }
    };
    await store.write('old', Readable.from(looking()), { mode: 'replace' });
    await store.write('new', csvOf('id\n'), { mode: 'replace' });
    const modes = await Promise.all(
      ['old.csv', 'new.csv'].map(async (file) => (await stat(path.join(places().root, file))).mode & 0o777),
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
      own = (await readdir(places().root)).find((name) => name.endsWith('.tmp')) ?? '';
    };
    await storeOf().write('t', Readable.from(looking()), { mode: 'replace' });
    const tag = host.exec(own)?.[1];
    expect(own).toContain(`-${process.pid}-`);

    const other = path.join(places().folder, 'other');
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
    await writeFile(path.join(places().folder, 'secret.csv'), 'secret\n');
    await writeFile(path.join(places().root, 'good.csv'), 'id\n');
    await symlink(path.join(places().folder, 'secret.csv'), path.join(places().root, 'bad'));
    const state = { done: false };
    const swapping = (async () => {
      for (let round = 0; round < 300; round += 1) {
        await rename(
          path.join(places().root, round % 2 === 0 ? 'good.csv' : 'bad'),
          path.join(places().root, 't.csv'),
        ).catch(() => undefined);
        await rename(
          path.join(places().root, 't.csv'),
          path.join(places().root, round % 2 === 0 ? 'good.csv' : 'bad'),
        ).catch(() => undefined);
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
