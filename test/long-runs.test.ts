import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AmsUpsertProfilesResult } from '../contracts/ams-results.js';
import { TidemarkError } from '../contracts/errors.js';
import type {
  TitanConventionDownloadResult,
  TitanConventionUploadResult,
  TitanSyncDomainsResult,
} from '../contracts/titan-results.js';
import { startDevServer, type DevServer } from '../workers/dev-server/index.js';
import { openAmsBench } from './support/ams-worker.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';
import { openTenant, type Tenant } from './support/tenant.js';

// `TIDEMARK_SCALE=full`: the sizes that are promised, at the server's own threshold. They take minutes.
const full = process.env['TIDEMARK_SCALE'] === 'full';
const TABLES = full ? 500 : 210;
const DOMAINS = full ? 199 : 12;
const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `t${String(index).padStart(3, '0')}`);
const columns = [{ name: 'id', dataType: 'integer', primaryKey: true }];

/** The server suggests to continue as new after few events, so that what happens rarely happens several times here. */
describe('a run whose history grows long', () => {
  let server: DevServer;
  let tenant: Tenant;
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };

  beforeAll(async () => {
    server = await startDevServer(full ? {} : { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 200 } });
    const wide = {
      name: 'Wide',
      abbreviation: 'wide',
      tables: names(TABLES).map((name) => ({ name, databaseTableName: name, columns })),
    };
    const small = names(DOMAINS).map((name) => ({
      name: `Domain ${name}`,
      abbreviation: name,
      tables: [{ name: 'Things', databaseTableName: 'things', columns }],
    }));
    const { address, namespace } = server;
    tenant = await openTenant({ server: { address, namespace }, sandbox: { domains: [wide, ...small] } });
    for (const name of names(TABLES)) await tenant.put(`wide_${name}.csv`, 'id\n1\n2\n');
    for (const name of names(DOMAINS)) await tenant.put(`${name}_things.csv`, 'id\n1\n');
  });
  afterAll(async () => {
    await tenant.close();
    await server.stop();
  });

  /** Runs of the workflow, this one included, by its chain of continue-as-new. */
  async function runsOf(workflowId: string): Promise<number> {
    let runs = 0;
    for await (const run of tenant.temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
      runs += run.workflowId === workflowId ? 1 : 0;
    return runs;
  }

  async function saved(
    reference: { location: string; name: string; parts: number } | undefined,
  ): Promise<{ table: string }[]> {
    const lists = Array.from({ length: reference?.parts ?? 0 }, async (_, part) => {
      const file = `${reference?.name}-${String(part + 1).padStart(4, '0')}.json`;
      return JSON.parse(await readFile(path.join(tenant.results, reference?.location ?? '', file), 'utf8')) as {
        table: string;
      }[];
    });
    return (await Promise.all(lists)).flat();
  }

  it('sends every table once, in one batch, over several runs, and writes a long list to the results location', async () => {
    const handle = await tenant.start('titanConventionUpload', { ...base, domain: 'Wide', store: 'lake' });
    const result = (await handle.result()) as TitanConventionUploadResult;
    expect(result.totals).toMatchObject({ tables: TABLES, success: TABLES, rows: 2 * TABLES });
    expect(result.abandonedBatches).toEqual([]);
    expect(result.tables).toEqual([]);
    expect((await saved(result.tablesReference)).map(({ table }) => table)).toEqual(names(TABLES));
    expect(await runsOf(handle.workflowId)).toBeGreaterThan(full ? 0 : 2);
    expect(tenant.sandbox.importStatuses()).toEqual({ completed: 1 });
  });

  it('receives every table once over several runs', async () => {
    const handle = await tenant.start('titanConventionDownload', { ...base, domain: 'Wide', store: 'landing' });
    const result = (await handle.result()) as TitanConventionDownloadResult;
    expect(result.totals).toMatchObject({ tables: TABLES, success: TABLES, rows: 2 * TABLES });
    expect((await saved(result.tablesReference)).map(({ table }) => table)).toEqual(names(TABLES));
    expect(await runsOf(handle.workflowId)).toBeGreaterThan(full ? 0 : 2);
  });

  it('syncs every domain once over several runs, each child with a name of its own', async () => {
    const handle = await tenant.start('titanSyncDomains', {
      ...base,
      direction: 'upload',
      store: 'lake',
      domainsInFlight: 3,
    });
    const result = (await handle.result()) as TitanSyncDomainsResult;
    expect(result.totals).toMatchObject({ domains: DOMAINS + 1, domainsFailed: 0, success: TABLES + DOMAINS });
    expect(new Set(result.domains.map(({ workflowId }) => workflowId)).size).toBe(DOMAINS + 1);
    expect(await saved(result.tablesReference)).toHaveLength(TABLES + DOMAINS);
  });

  it('an upsert of profiles goes on as a new run, sends each profile once and keeps its counts', async () => {
    const ams = new MemoryAms(ATHLETE_FORM, athletes(90));
    const refused = 150;
    ams.before = (call, user) => {
      if (call === 'upsertProfile' && user === refused)
        throw new TidemarkError('AMS refused the profile.', { code: 'AMS_REFUSED', retryable: false });
    };
    const { address, namespace } = server;
    const bench = await openAmsBench(ams, { server: { address, namespace } });
    try {
      const rows = ams.people.map(({ id }) => ({ user_id: id, code: `x${id}` }));
      const handle = await bench.start({ form: ATHLETE_FORM.name, source: { rows }, rowsPerStretch: full ? 90 : 1 });
      const result = (await handle.result()) as AmsUpsertProfilesResult; // by the workflow's own contract
      expect(result).toMatchObject({ result: 'partial', rows: 90, upserted: 89, failed: 1, notAttempted: 0 });
      expect(result.failures).toMatchObject([{ row: 50, user: refused }]);
      expect(ams.count('upsertProfile')).toBe(90);
      if (!full) expect(await runsOf(handle.workflowId)).toBeGreaterThan(1);
    } finally {
      await bench.close();
    }
  });
});
