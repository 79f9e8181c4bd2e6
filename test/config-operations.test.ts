import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { staleAfterSeconds } from '../contracts/config-notifications.js';
import { loadClientConfig, loadConfig } from '../workers/config/index.js';
import { operationsOptionsOf } from '../workers/operations/operations-options.js';
import { workerOptionsOf } from '../workers/operations/worker-options.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

const KEY = Buffer.alloc(32, 7).toString('base64');
const PIPELINES = `connections:
  tenant: { type: titanrdm, url: 'https://acme.example', clientId: a, clientSecret: b }
  lake: { type: files, path: lake }
pipelines:
  nightly:
    staleAfter: 6h
    workflow: titanConventionUpload
    input: { connection: tenant, branch: { name: main }, domain: Customer, store: lake }
`;

async function load(text: string, environment: Record<string, string> = {}, client = false) {
  await writeFile(path.join(folder, 'tidemark.yaml'), `version: 1\n${text}`);
  return client ? loadClientConfig({ folder, environment }) : loadConfig({ folder, environment });
}

describe('what the config says of operations', () => {
  it.each([
    [
      'a key of another size',
      `temporal: { encryption: { keys: { a: 'c2hvcnQ=' }, current: a } }`,
      '32 bytes in base64',
    ],
    [
      'a current key that is none',
      `temporal: { encryption: { keys: { a: '${KEY}' }, current: b } }`,
      "one of the 'keys'",
    ],
    ['a short token', `codecServer: { origins: ['http://ui'], tokens: { ann: short } }`, '16 characters'],
    ['an address without a port', 'worker: { health: { address: localhost } }', 'host:port'],
    ['an unknown event', `notifications: [{ url: 'http://x.example', on: [failed] }]`, 'failure'],
    ['a duration that is none', PIPELINES.replace('6h', 'six hours'), 'for instance 30s, 5 minutes, 1h or 2 days'],
    ['no time at all', PIPELINES.replace('6h', '0s'), 'the least is 1s'],
    [
      'an unknown pipeline',
      `notifications: [{ url: 'http://x.example', pipelines: [nigthly] }]\n${PIPELINES}`,
      'nightly',
    ],
  ])('is refused by the loader with %s, and the message says what is right', async (_, text, message) => {
    await expect(load(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('never shows a secret that came from a variable', async () => {
    const text = `temporal: { encryption: { keys: { a: '\${KEY}' }, current: a } }\nnotifications: [{ url: '\${HOOK}' }]`;
    const error: unknown = await load(text, { KEY: 'not-a-key-but-secret', HOOK: 'no-address-but-secret' }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(error)).not.toContain('but-secret');
  });

  it.each([
    ['a key', `temporal: { encryption: { keys: { a: but-secret }, current: a } }`],
    ['the address of a webhook', `notifications: [{ url: hooks.example/but-secret }]`],
    ['a header of a webhook', `notifications: [{ url: 'http://x.example', headers: { 'bad name': but-secret } }]`],
    ['the name of a variable that is none', `notifications: [{ url: 'http://x.example', headers: { a: 007 } }]`],
  ])('never shows a secret that stands in the file: %s', async (_, text) => {
    const error: unknown = await load(text).catch((reason: unknown) => reason);
    expect(String(error)).not.toMatch(/but-secret|007/u);
  });

  it('asks each process for its own secrets only', async () => {
    const text = `codecServer: { origins: ['http://ui'], tokens: { ann: '\${TOKEN}' } }
notifications: [{ url: '\${HOOK}' }]
temporal: { encryption: { keys: { a: '\${KEY}' }, current: a } }`;
    expect((await load(text, { KEY }, true)).config.notifications).toEqual([]);
    expect((await load(text, { KEY, HOOK: 'http://hook.example' })).config.codecServer).toBeUndefined();
    await expect(load(text, { KEY })).rejects.toMatchObject({ code: 'CONFIG_MISSING_VARIABLE' });
    await expect(load(text, {}, true)).rejects.toMatchObject({ code: 'CONFIG_MISSING_VARIABLE' });
  });

  it('reaches the worker', async () => {
    const { config } = await loadConfig({
      folder: (
        await load(
          `worker: { resources: { targetCpu: 0.5 }, deployment: { name: tables, buildId: '7' } }\n${PIPELINES}`,
        )
      ).folder,
      environment: {},
    });
    expect(workerOptionsOf(config.worker)).toMatchObject({
      tuner: { tunerOptions: { targetMemoryUsage: 0.8, targetCpuUsage: 0.5 } },
      workerDeploymentOptions: {
        useWorkerVersioning: true,
        version: { deploymentName: 'tables', buildId: '7' },
        defaultVersioningBehavior: 'PINNED',
      },
    });
    expect(operationsOptionsOf(config, { namespace: 'n', webUi: 'http://ui' })).toMatchObject({
      staleAfter: { nightly: '6h' },
      searchableWatermark: false,
    });
  });

  it.each([
    ['90s', 90],
    ['30 m', 1_800],
    ['6h', 21_600],
    ['2d', 172_800],
    ['5 minutes', 300],
    ['1500ms', 1.5],
  ])('%s is %d seconds', (text, seconds) => {
    expect(staleAfterSeconds(text)).toBe(seconds);
  });
});
