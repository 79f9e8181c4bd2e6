import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { startDevServer } from '../workers/dev-server/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark server '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The process's own environment without a configured Temporal server. */
function plainEnv(): NodeJS.ProcessEnv {
  const env = { ...process.env, TEMPORAL_CONFIG_FILE: path.join(folder, 'none.toml') };
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^TEMPORAL_(ADDRESS|NAMESPACE|PROFILE)$/.test(name)),
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
}

async function untilDead(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && isAlive(pid); tries += 1) await sleep(50);
  return !isAlive(pid);
}

describe('the local Temporal server', () => {
  it('answers when it has started, with its namespace, search attributes and Web UI, and is gone when stopped', async () => {
    const server = await startDevServer({
      env: plainEnv(),
      namespace: 'tides',
      searchAttributes: { TidemarkPipeline: 'Keyword' },
    });
    try {
      const connection = await Connection.connect({ address: server.address });
      try {
        const attributes = await connection.operatorService.listSearchAttributes({ namespace: 'tides' });
        expect(Object.keys(attributes.customAttributes)).toContain('TidemarkPipeline');
      } finally {
        await connection.close();
      }
      const page = await fetch(server.webUiUrl ?? '');
      expect(page.status).toBe(200);
    } finally {
      await server.stop();
    }
    expect(isAlive(server.pid ?? 0)).toBe(false);
    await server.stop();
  });

  it('keeps what it knows in its database file', async () => {
    const dbFile = path.join(folder, 'temporal.db');
    const first = await startDevServer({ env: plainEnv(), namespace: 'kept', dbFile });
    await first.stop();
    const second = await startDevServer({ env: plainEnv(), namespace: 'default', dbFile });
    try {
      const connection = await Connection.connect({ address: second.address });
      try {
        const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'kept' });
        expect(namespaceInfo?.name).toBe('kept');
      } finally {
        await connection.close();
      }
    } finally {
      await second.stop();
    }
  });

  it('ends when its owner is killed outright', async () => {
    const module = path.join(process.cwd(), '.tidemark/build/workers/dev-server/index.js');
    const script = `
      const { startDevServer } = await import(${JSON.stringify(module)});
      console.log((await startDevServer()).pid);
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...plainEnv(), NODE_OPTIONS: '' },
    });
    const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    expect(await untilDead(pid)).toBe(true);
  });

  it('that dies while it starts is an error with its last lines', async () => {
    const script = `#!/bin/sh
if [ "$1" = --version ]; then echo temporal version 9.9.9; exit 0; fi
echo 'Error: unable to open database file: out of memory (14)' >&2; exit 1\n`;
    await writeFile(path.join(folder, 'temporal'), script, { mode: 0o755 });
    const PATH = `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`;
    await expect(startDevServer({ env: { ...plainEnv(), PATH } })).rejects.toMatchObject({
      code: 'TEMPORAL_SERVER_FAILED',
      message: expect.stringMatching(/ended while it started.*\nError: unable to open database file/),
    });
  });
});

describe('a configured server is used as it is', () => {
  const nothingFound = { run: () => Promise.reject(new Error('not asked for')), sources: [] };

  it('when TEMPORAL_ADDRESS names it', async () => {
    const env = {
      ...plainEnv(),
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TIDEMARK_WEB_UI: 'http://temporal.example/',
    };
    const server = await startDevServer({ ...nothingFound, env });
    expect(server).toMatchObject({
      address: 'temporal.example:7233',
      namespace: 'default',
      webUiUrl: 'http://temporal.example',
      pid: undefined,
    });
    await server.stop();
  });

  it('when a Temporal profile names it', async () => {
    const file = path.join(folder, 'temporal.toml');
    await writeFile(file, '[profile.work]\naddress = "work.example:7233"\nnamespace = "tides"\n');
    const env = { ...plainEnv(), TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'work' };
    const server = await startDevServer({ ...nothingFound, env });
    expect(server).toMatchObject({ address: 'work.example:7233', namespace: 'tides', webUiUrl: undefined });
  });
});
