import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageDriverClaim, type Payload } from '@temporalio/common';
import { connectTemporal, startPipeline, startWorkflow, temporalTarget } from '../workers/client/index.js';
import { loadClientConfig } from '../workers/config/index.js';
import { FolderStorageDriver } from '../workers/payload-storage/index.js';
import { configuredWorker, type ConfiguredWorker } from './support/configured-worker.js';
import { failureOf } from './support/outcome.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const payload = (text: string): Payload => ({ metadata: { encoding: bytes('json/plain') }, data: bytes(text) });

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('the folder as a storage of payloads', () => {
  let folder: string;
  let driver: FolderStorageDriver;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-payloads-'));
    driver = new FolderStorageDriver(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives back every byte of data and metadata, in the order of the claims', async () => {
    const odd: Payload = { metadata: { '': new Uint8Array(), 'a\nb': bytes('{"x":1}\n') }, data: bytes('\n\0\xff') };
    const empty: Payload = { metadata: {}, data: new Uint8Array() };
    const given = [payload('"one"'), odd, empty, payload('"two"')];
    const claims = await driver.store({}, given);
    expect(await driver.retrieve({}, claims)).toEqual(given);
    expect(await driver.retrieve({}, [...claims].reverse())).toEqual([...given].reverse());
  });

  it('stores the same payload once, also when many do so at the same time, and leaves nothing half written', async () => {
    const claims = await Promise.all(Array.from({ length: 20 }, () => driver.store({}, [payload('"same"')])));
    expect(new Set(claims.map(([claim]) => claim?.claimData['hash'])).size).toBe(1);
    const files = await filesIn(folder);
    expect(files).toHaveLength(1);
    const { mode } = await stat(files[0]!);
    expect(mode & 0o077).toBe(0);
  });

  it('renews the time of a payload that is stored again, so that who removes old ones leaves it', async () => {
    await driver.store({}, [payload('"old"')]);
    const [file] = await filesIn(folder);
    await utimes(file!, 1, 1);
    await driver.store({}, [payload('"old"')]);
    expect((await stat(file!)).mtimeMs).toBeGreaterThan(1_000_000);
  });

  it.each([['../../etc/passwd'], ['..'], ['A'.repeat(64)], [`${'a'.repeat(64)}/x`], ['']])(
    'refuses a claim that names %j, reading nothing',
    async (hash) => {
      await expect(driver.retrieve({}, [new StorageDriverClaim({ hash })])).rejects.toMatchObject({
        code: 'PAYLOAD_BROKEN',
      });
    },
  );

  it('tells a payload that is lost from one that was changed', async () => {
    const [claim] = await driver.store({}, [payload('"precious"')]);
    const [file] = await filesIn(folder);
    await truncate(file!, 40);
    await expect(driver.retrieve({}, [claim!])).rejects.toMatchObject({ code: 'PAYLOAD_BROKEN', retryable: false });
    await rm(file!);
    await expect(driver.retrieve({}, [claim!])).rejects.toMatchObject({ code: 'PAYLOAD_LOST', retryable: true });
  });
});

const regions = (count: number) => ({
  connection: 'tenant',
  branch: { name: 'main' },
  poll: { intervalSeconds: 0.05 },
  tables: [
    {
      target: { domain: 'Customer', name: 'regions' },
      source: { rows: Array.from({ length: count }, (_, id) => ({ id, label: `Region ${'x'.repeat(40)} ${id}` })) },
    },
  ],
});

describe('rows passed inline', () => {
  let configured: ConfiguredWorker;
  beforeAll(async () => {
    configured = await configuredWorker((folder) => ({
      temporal: { payloadStorage: { type: 'folder', path: path.join(folder, 'payloads') } },
    }));
  });
  afterAll(() => configured.close());

  it('may be far more than Temporal admits where there is a storage: the history holds references', async () => {
    const { client, temporal, folder } = configured;
    const rows = 50_000;
    const run = await startWorkflow(client, 'titanImportBatch', regions(rows), { taskQueue: temporal.taskQueue });
    expect((await run.result()).totals).toMatchObject({ success: 1, rows });
    const history = JSON.stringify(await run.fetchHistory());
    expect(history.length).toBeLessThan(100_000);
    const stored = await filesIn(path.join(folder, 'payloads'));
    const texts = await Promise.all(stored.map((file) => readFile(file, 'utf8')));
    expect(texts.some((text) => text.includes(`Region ${'x'.repeat(40)} ${rows - 1}`))).toBe(true);
  });

  it('may be those of a configured pipeline: the command stores them where the worker looks for them', async () => {
    const { temporal, folder } = configured;
    const { tables, ...input } = regions(5_000);
    await writeFile(
      path.join(folder, 'tidemark.yaml'),
      JSON.stringify({
        version: 1,
        temporal: { taskQueue: temporal.taskQueue, payloadStorage: { type: 'folder', path: './payloads' } },
        connections: { tenant: { type: 'titanrdm', url: '${UNKNOWN_HERE}' } },
        pipelines: { regions: { workflow: 'titanImportBatch', input: { ...input, tables } } },
      }),
    );
    const { config } = await loadClientConfig({ folder });
    const environment = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
    const connected = await connectTemporal(await temporalTarget(config.temporal, { folder, environment }));
    const { handle } = await startPipeline(connected, config, 'regions');
    expect(await handle.result()).toMatchObject({ totals: { rows: 5_000 } });
    expect(JSON.stringify(await handle.fetchHistory()).length).toBeLessThan(100_000);
    await connected.close();
  });

  it('are refused beyond what one input may hold', async () => {
    const { client, temporal } = configured;
    const run = await startWorkflow(client, 'titanImportBatch', regions(100_001), { taskQueue: temporal.taskQueue });
    const failed = await failureOf(run.result());
    expect(failed).toMatchObject({ code: 'ValidationError', message: expect.stringMatching(/rows/u) });
  });
});

describe('rows passed inline without a storage', () => {
  let configured: ConfiguredWorker;
  beforeAll(async () => {
    configured = await configuredWorker();
  });
  afterAll(() => configured.close());

  it('are refused above 1,000 before a batch is created', async () => {
    const { client, temporal, sandbox } = configured;
    const options = { taskQueue: temporal.taskQueue, workflowId: `many-${randomUUID()}` };
    const run = await startWorkflow(client, 'titanImportBatch', regions(1_001), options);
    const failed = await failureOf(run.result());
    expect(failed).toMatchObject({ code: 'TOO_MANY_INLINE_ROWS', message: expect.stringMatching(/1001 rows.*1000/u) });
    expect(sandbox.requestLog.filter(({ route }) => route === 'imports.create')).toEqual([]);
  });
});
