import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pipelineWorkflowId } from '../contracts/config.js';
import { INDEXED_VALUE_TYPES, searchAttributeNames } from '../contracts/search-attributes.js';
import { startDevServer, type DevServer } from '../workers/dev-server/index.js';
import { cli } from './support/cli.js';
import { makeProject, type Project } from './support/project.js';
import { openTenant, type Tenant } from './support/tenant.js';

/** A server of its own: what is registered in its namespace concerns no other test. */
let server: DevServer;
beforeAll(async () => {
  server = await startDevServer({ env: { ...process.env, TEMPORAL_ADDRESS: '' } });
});
afterAll(() => server.stop());

const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
const upload = { ...base, pipeline: 'customers-up', domain: 'Customer', store: 'lake' };

async function attributesOf(tenant: Tenant, workflowId: string): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await tenant.temporal.client.workflow.getHandle(workflowId).describe();
  const pairs = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value] as const);
  return Object.fromEntries(pairs.filter(([name]) => name.startsWith('Tidemark')));
}

describe('tidemark check', () => {
  let project: Project;
  const env = () => ({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace });
  const check = async (...args: string[]) => {
    const { stdout } = await cli(['check', '--json', ...args], { cwd: project.folder, env: env() });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; found?: string }[] };
    return checks.find(({ name }) => name === 'search attributes');
  };
  beforeAll(async () => {
    project = await makeProject();
    await project.put('tidemark.yaml', 'version: 1\n');
  });
  afterAll(() => project.remove());

  it('says what is missing, and with --setup registers it; the watermark only when the config asks for it', async () => {
    const wanted = searchAttributeNames().filter((name) => name !== 'TidemarkWatermark');
    const before = await check();
    expect(before).toMatchObject({ ok: true, found: expect.stringContaining(`missing: ${wanted.join(', ')}.`) });
    expect(await check('--setup')).toMatchObject({ ok: true, found: `registered now: ${wanted.join(', ')}` });
    expect(await check('--setup')).toMatchObject({ ok: true, found: '5 registered' });
    const text = `version: 1\ntemporal: { searchAttributes: { watermark: true } }\n`;
    await project.put('tidemark.yaml', text);
    expect(await check('--setup')).toMatchObject({ ok: true, found: 'registered now: TidemarkWatermark' });
  });
});

describe('in the same namespace, which has the search attributes now, a run', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await openTenant({ server });
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n2,South\n');
  });
  afterAll(() => tenant.close());

  it('can be searched for by pipeline, domain, table, outcome and rows', async () => {
    const handle = await tenant.start('titanConventionUpload', upload);
    await handle.result();
    expect(await attributesOf(tenant, handle.workflowId)).toEqual({
      TidemarkPipeline: 'customers-up',
      TidemarkOutcome: 'success',
      TidemarkDomain: ['Customer'],
      TidemarkTable: ['cust_customers', 'cust_regions'],
      TidemarkRows: 2,
    });
    const query = `TidemarkPipeline = 'customers-up' AND TidemarkTable = 'cust_regions' AND TidemarkOutcome = 'success' AND TidemarkRows > 1`;
    const found = new Set<string>();
    // Visibility is written a moment after the run's end.
    while (found.size === 0)
      for await (const { workflowId } of tenant.temporal.client.workflow.list({ query })) found.add(workflowId);
    expect([...found]).toEqual([handle.workflowId]);
  });

  it("of a pipeline can be searched for on both of its workflows: the one that was started, and the pipeline's own", async () => {
    const { pipeline, ...input } = upload;
    const handle = await tenant.start('tidemarkRun', { pipeline, workflow: 'titanConventionUpload', input });
    await handle.result();
    const found = {
      TidemarkPipeline: 'customers-up',
      TidemarkOutcome: 'success',
      TidemarkDomain: ['Customer'],
      TidemarkTable: ['cust_customers', 'cust_regions'],
      TidemarkRows: 2,
    };
    expect(await attributesOf(tenant, handle.workflowId)).toEqual(found);
    expect(await attributesOf(tenant, pipelineWorkflowId(pipeline))).toEqual(found);
  });

  it('that fails, or is cancelled, says so', async () => {
    await tenant.put('bad.csv', 'id,label\n1,North\n1,South\n');
    const table = { target: { domain: 'Customer', name: 'regions' }, source: { connection: 'lake', table: 'bad' } };
    const failed = await tenant.start('titanImportBatch', { ...base, tables: [table] });
    await expect(failed.result()).rejects.toThrow();
    expect(await attributesOf(tenant, failed.workflowId)).toMatchObject({
      TidemarkOutcome: 'failed',
      TidemarkDomain: ['Customer'],
      TidemarkTable: ['cust_regions'],
      TidemarkRows: 0,
    });

    tenant.sandbox.setFaults([{ kind: 'slow', match: { route: 'upload.put' }, delayMs: 600_000 }]);
    const cancelled = await tenant.start('titanConventionUpload', upload);
    while ((await attributesOf(tenant, cancelled.workflowId))['TidemarkOutcome'] === undefined);
    expect(await attributesOf(tenant, cancelled.workflowId)).toMatchObject({ TidemarkOutcome: 'running' });
    await cancelled.cancel();
    await expect(cancelled.result()).rejects.toThrow();
    tenant.sandbox.clearFaults();
    expect(await attributesOf(tenant, cancelled.workflowId)).toMatchObject({ TidemarkOutcome: 'cancelled' });
  });

  it('whose input is not valid fails all the same, and is found', async () => {
    const handle = await tenant.start('titanConventionUpload', { ...upload, pipeline: 7, domain: ['x'], tables: 'y' });
    await expect(handle.result()).rejects.toThrow();
    expect(await attributesOf(tenant, handle.workflowId)).toEqual({ TidemarkOutcome: 'failed' });
  });
});

describe('in a namespace that lacks some, or has some of another type, a run', () => {
  let other: DevServer;
  let tenant: Tenant;
  beforeAll(async () => {
    other = await startDevServer({ env: { ...process.env, TEMPORAL_ADDRESS: '' } });
    tenant = await openTenant({ server: other });
    const { connection, namespace } = tenant.temporal;
    const { KEYWORD } = INDEXED_VALUE_TYPES;
    const searchAttributes = { TidemarkPipeline: KEYWORD, TidemarkRows: KEYWORD };
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
  });
  afterAll(async () => {
    await tenant.close();
    await other.stop();
  });

  it('works the same, with those that fit', async () => {
    const handle = await tenant.start('titanConventionUpload', upload);
    await handle.result();
    expect(await attributesOf(tenant, handle.workflowId)).toEqual({ TidemarkPipeline: 'customers-up' });
  });
});
