import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isUnderWay } from '../contracts/under-way.js';
import { announceLocalServer, connectTemporal, runLink, temporalTarget, watchRun } from '../workers/client/index.js';
import { likelyWebUi } from '../workers/client/links.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';

let temporal: TemporalTestEnvironment;
let folder: string;
beforeAll(async () => {
  temporal = await temporalTestEnvironment();
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-client-'));
});
afterAll(async () => {
  await temporal.close();
  await rm(folder, { recursive: true });
});

const taskQueue = 'tidemark';
const nowhere = { TEMPORAL_CONFIG_FILE: '/nonexistent' };

describe('a link to a run', () => {
  it('encodes what stands between slashes, and is undefined where the Web UI is not known', () => {
    expect(runLink({ namespace: 'a b', webUi: 'http://ui/' }, 'tidemark/pipeline/x', 'r')).toBe(
      'http://ui/namespaces/a%20b/workflows/tidemark%2Fpipeline%2Fx/r/history',
    );
    expect(runLink({ namespace: 'n', webUi: undefined }, 'x', 'r')).toBeUndefined();
  });

  it.each([
    ['localhost:7233', 'http://localhost:8233'],
    ['127.0.0.1:7233', 'http://localhost:8233'],
    ['ns.acct.tmprl.cloud:7233', 'https://cloud.temporal.io'],
    ['temporal.example:7233', undefined],
    ['localhost:7000', undefined],
  ])('of a server at %s leads to %s', (address, webUi) => {
    expect(likelyWebUi(address)).toBe(webUi);
  });
});

describe('the address of Temporal', () => {
  it('comes from the config, else the environment, else a running `tidemark dev`, else is the default', async () => {
    const target = async (config: { address?: string }, environment: Record<string, string>) => {
      const { address, namespace, webUi } = await temporalTarget(
        { taskQueue, ...config },
        { folder, environment: { ...nowhere, ...environment } },
      );
      return { address, namespace, webUi };
    };
    const environment = { TEMPORAL_ADDRESS: 'env:1', TEMPORAL_NAMESPACE: 'envspace', TIDEMARK_WEB_UI: 'http://ui' };
    expect(await target({}, {})).toEqual({
      address: 'localhost:7233',
      namespace: 'default',
      webUi: 'http://localhost:8233',
    });
    const withdraw = await announceLocalServer(folder, {
      address: 'local:2',
      namespace: 'localspace',
      webUi: 'http://dev',
      pid: process.pid,
    });
    expect(await target({}, {})).toEqual({ address: 'local:2', namespace: 'localspace', webUi: 'http://dev' });
    expect(await target({}, environment)).toEqual({ address: 'env:1', namespace: 'envspace', webUi: 'http://ui' });
    expect(await target({ address: 'config:3' }, environment)).toMatchObject({
      address: 'config:3',
      namespace: 'envspace',
    });
    await withdraw();
    expect(await target({}, {})).toMatchObject({ address: 'localhost:7233' });
  });

  it('is not taken from the note of a process that is gone', async () => {
    const withdraw = await announceLocalServer(folder, { address: 'local:2', namespace: 'n', pid: 2 ** 22 + 1 });
    expect(await temporalTarget({ taskQueue }, { folder, environment: nowhere })).toMatchObject({
      address: 'localhost:7233',
    });
    await withdraw();
  });

  it('of a profile that does not exist is an error that says so', async () => {
    await expect(
      temporalTarget({ taskQueue, profile: 'prod' }, { folder, environment: nowhere }),
    ).rejects.toMatchObject({
      code: 'TEMPORAL_PROFILE',
      message: expect.stringContaining('"prod"'),
    });
  });
});

describe('connecting', () => {
  const target = async (environment: Record<string, string>) =>
    connectTemporal(await temporalTarget({ taskQueue }, { folder, environment: { ...nowhere, ...environment } }));

  it('to a namespace that does not exist is an error that names it', async () => {
    await expect(target({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'no-such' })).rejects.toMatchObject({
      code: 'TEMPORAL_NAMESPACE',
      message: expect.stringContaining('"no-such"'),
    });
  });
});

it.each([
  ['RUNNING', true],
  ['PAUSED', true],
  ['CONTINUED_AS_NEW', true],
  ['COMPLETED', false],
  ['TERMINATED', false],
])('a run that Temporal describes as %s is under way: %s', (name, expected) => {
  expect(isUnderWay({ name })).toBe(expected);
});

describe('watching a run', () => {
  it('tells when no worker answers, ends when asked to, and leaves the run alone', async () => {
    const handle = await temporal.client.workflow.start('nobodyKnows', {
      workflowId: `watched-${randomUUID()}`,
      taskQueue: temporal.taskQueue,
    });
    const leave = new AbortController();
    const watching = watchRun(handle, {
      onProgress: () => undefined,
      onSilence: () => leave.abort(new Error('enough')),
      silenceMs: 50,
      signal: leave.signal,
    });
    await expect(watching).rejects.toThrow('enough');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const end = watchRun(handle);
    await handle.terminate('the test is over');
    expect(await end).toEqual({
      outcome: 'terminated',
      error: { code: 'RUN_TERMINATED', message: expect.any(String), retryable: false },
    });
  });
});
