import { appendFile, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { TidemarkError } from '../contracts/errors.js';
import { FilesStore, inlineTable } from '../connectors/tables/index.js';
import {
  failure,
  fileOf,
  places,
  prepare,
  prepareUploads,
  sent,
  SOURCES,
  streamOf,
} from './support/prepared-uploads.js';
import { collector } from './support/collector.js';

prepareUploads();

describe.each(SOURCES)('prepareUpload, the size limit, from %s', (_, source) => {
  const header = 'id,name,note\n';
  const rows = Array.from({ length: 500 }, (__, index) => `${index},"line\nbreak, ""${'x'.repeat(index % 40)}""",é\n`);
  const content = header + rows.join('');

  it.each(['incremental_upsert_only', 'incremental', 'incremental_with_delete'] as const)(
    'splits under %s at the ends of rows, each part with the header',
    async (pattern) => {
      const isCoded = pattern === 'incremental_with_delete';
      const head = isCoded ? 'trdm_tran_code,id,name,note\n' : header;
      const all = head + rows.map((row) => (isCoded ? `u,${row}` : row)).join('');
      const upload = await prepare(await source(all), { pattern, maxFileBytes: 2_000 });
      const parts = await sent(upload);
      expect(parts.length).toBeGreaterThan(5);
      expect(parts.every((part) => part.startsWith(head) && Buffer.byteLength(part) <= 2_000)).toBe(true);
      expect(parts.map((part) => part.slice(head.length)).join('')).toBe(all.slice(head.length));
      expect(upload.parts.map(({ bytes }) => bytes)).toEqual(parts.map((part) => Buffer.byteLength(part)));
      expect(upload.parts.reduce((sum, part) => sum + part.rows, 0)).toBe(500);
      expect(upload.rows).toBe(500);
    },
  );

  it.each([true, false])('refuses under full, validating: %s', async (validate) => {
    const error = await failure(source(content), { maxFileBytes: 2_000, validate });
    expect(error).toMatchObject({ code: 'FILE_TOO_LARGE', retryable: false });
    expect(error.message).toContain("'full'");
  });

  it('sends a file of exactly the limit in one piece', async () => {
    const bytes = Buffer.byteLength(content);
    expect((await prepare(await source(content), { maxFileBytes: bytes })).parts).toHaveLength(1);
    expect((await failure(source(content), { maxFileBytes: bytes - 1 })).code).toBe('FILE_TOO_LARGE');
  });

  it('refuses a row that fits into no part, naming it', async () => {
    const error = await failure(source(`${header}1,a,b\n2,${'secret'.repeat(100)},b\n3,a,b\n`), {
      pattern: 'incremental',
      maxFileBytes: 100,
    });
    expect(error.code).toBe('FILE_TOO_LARGE');
    expect(error.message).toContain('row 2 alone');
    expect(error.message).not.toContain('secret');
  });

  it('splits without validating too', async () => {
    const upload = await prepare(await source(content), {
      pattern: 'incremental',
      maxFileBytes: 2_000,
      validate: false,
    });
    expect((await sent(upload)).map((part) => part.slice(header.length)).join('')).toBe(content.slice(header.length));
  });
});

describe('prepareUpload, sources', () => {
  it('looks at a file in place, without a copy', async () => {
    const csv = await fileOf('id,name,note\n1,a,b\n');
    await prepare(csv);
    expect(await readdir(places().spool)).toEqual([]);
  });

  it('sends what was checked, although the table is replaced meanwhile', async () => {
    const upload = await prepare(await fileOf('id,name,note\n1,a,b\n'));
    await writeFile(path.join(places().folder, 'new.csv'), 'something,else\n');
    await rename(path.join(places().folder, 'new.csv'), path.join(places().folder, 'table.csv'));
    expect(await sent(upload)).toEqual(['id,name,note\n1,a,b\n']);
  });

  it('notices a file that is written to between the look and the sending: its last bytes are not sent', async () => {
    const content = `id,name,note\n${Array.from({ length: 100_000 }, (_, index) => `${index},a,b\n`).join('')}`;
    const upload = await prepare(await fileOf(content));
    await appendFile(path.join(places().folder, 'table.csv'), '9,z,z\n');
    const chunks: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of upload.parts[0]!.open()) chunks.push(chunk as Buffer);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_CHANGED', retryable: true });
    expect(Buffer.concat(chunks).length).toBeLessThan(content.length);
  });

  it('notices a file that is written to while it is looked at', async () => {
    const csv = await fileOf(
      `id,name,note\n${Array.from({ length: 300_000 }, (_, index) => `${index},abc,def\n`).join('')}`,
    );
    const file = path.join(places().folder, 'table.csv');
    let touched: Promise<void> | undefined;
    const onProgress = (): void => {
      touched ??= utimes(file, new Date(), new Date(Date.now() + 60_000));
    };
    expect((await failure(csv, { onProgress })).code).toBe('SOURCE_CHANGED');
    await touched;
  });

  it('reports what it has read', async () => {
    const seen: { rows: number; bytes: number }[] = [];
    await prepare(streamOf('id,name,note\n1,a,b\n2,a,b\n', 3), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ rows: 2, bytes: 25 });
  });

  it.each(SOURCES)('stops when it is told to, and releases %s', async (_, source) => {
    const abort = new AbortController();
    const csv = await source(`id,name,note\n${'1,a,b\n'.repeat(500_000)}`);
    const onProgress = (): void => abort.abort(new Error('cancelled'));
    await expect(prepare(csv, { signal: abort.signal, onProgress })).rejects.toThrow('cancelled');
    expect(csv.stream.destroyed).toBe(true);
  });

  it('stops a stream that does not move', async () => {
    const abort = new AbortController();
    const stream = new Readable({ read: () => undefined });
    stream.push('id,name,note\n');
    const preparing = prepare({ stream }, { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('cancelled')));
    await expect(preparing).rejects.toThrow('cancelled');
    expect(stream.destroyed).toBe(true);
  });

  it('passes on what broke the source', async () => {
    const stream = Readable.from(
      (async function* () {
        yield Buffer.from('id,name,note\n1,a');
        await Promise.resolve();
        throw new TidemarkError('the database went away', { code: 'LOST', retryable: true });
      })(),
    );
    expect((await failure({ stream })).code).toBe('LOST');
  });

  it('takes inline rows', async () => {
    const upload = await prepare(
      inlineTable([
        { id: '00501', name: '', note: null },
        { id: 7, name: 'x', note: true },
      ]),
    );
    expect(await sent(upload)).toEqual(['id,name,note\n00501,"",\n7,x,true\n']);
  });

  it('takes a Parquet table, and removes its spool with everything else', async () => {
    const store = new FilesStore({ path: places().folder, spoolDirectory: places().spool, format: 'parquet' });
    const content = 'id,name,note\n00501,"",9007199254740993\n2,"a\n""b""",\n';
    await store.write('p', Readable.from([content]), { mode: 'replace' });
    const csv = await store.read('p');
    const upload = await prepare(csv!);
    expect(await sent(upload)).toEqual([content]);
    const closed = new Promise((resolve) => csv!.stream.once('close', resolve));
    await upload.dispose();
    await closed;
    await store.close();
    expect(await readFile(path.join(places().folder, 'p.parquet'))).not.toHaveLength(0);
  });

  it('holds no more of a table in memory as it grows (weakness 1)', async () => {
    const collect = collector();
    const ballast = 'x'.repeat(60_000);
    const rows = 1_500;
    const stream = Readable.from(
      (function* () {
        yield Buffer.from('id,name,note\n');
        for (let row = 0; row < rows; row += 1) yield Buffer.from(`${row},a,${ballast}\n`);
      })(),
    );
    collect();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let looks = 0;
    const onProgress = (progress: { rows: number }): void => {
      if (progress.rows % 100 !== 0) return;
      collect();
      looks += 1;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    };
    const upload = await prepare({ stream }, { onProgress });
    expect(upload.bytes).toBeGreaterThan(90_000_000);
    // What other tests left may have gone meanwhile, so that `most` stays 0: what counts is that it was looked at.
    expect(looks).toBeGreaterThan(0);
    expect(most).toBeLessThan(10_000_000);
  });
});
