import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanConventionDownloadInput, TitanConventionUploadInput } from '../contracts/titan-inputs.js';
import type {
  TitanConventionDownloadResult,
  TitanConventionUploadResult,
  TitanSyncDomainsResult,
} from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { CUSTOMER_DOMAIN, openTenant, type Tenant } from './support/tenant.js';

const CUSTOMERS = 'code,name,zip\nC1,Ann,00501\nC2,"",NA\nC3,,1.10\n';

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])('convention sync with %j', (worker) => {
  let tenant: Tenant;
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };

  beforeAll(async () => {
    tenant = await openTenant({ worker });
  });
  afterAll(() => tenant.close());
  beforeEach(async () => {
    await tenant.put('cust_customers.csv', CUSTOMERS);
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
  });
  afterEach(() => tenant.sandbox.clearFaults());

  const upload = (input: Partial<TitanConventionUploadInput> = {}): Promise<TitanConventionUploadResult> =>
    tenant.execute('titanConventionUpload', { ...base, domain: 'Customer', store: 'lake', ...input });
  const download = (input: Partial<TitanConventionDownloadInput> = {}): Promise<TitanConventionDownloadResult> =>
    tenant.execute('titanConventionDownload', { ...base, domain: 'Customer', store: 'landing', ...input });

  it('sends what the store holds under convention keys, and skips tables without data, in manifest order', async () => {
    await tenant.put('cust_regions.csv', 'id,label\n');
    const result = await upload();
    expect(result.tables.map(({ domain, table, rows, status }) => ({ domain, table, rows, status }))).toEqual([
      { domain: 'Customer', table: 'customers', rows: 3, status: 'success' },
      { domain: 'Customer', table: 'regions', rows: 0, status: 'skipped (empty)' },
    ]);
    expect(result.batch?.description).toBe('Convention sync upload for Customer');
  });

  it('takes a filter by display or physical name, and a pattern per table (weakness 27)', async () => {
    const result = await upload({ tables: ['Customers'], patterns: { customers: 'incremental_upsert_only' } });
    expect(result.tables.map(({ table, pattern }) => [table, pattern])).toEqual([
      ['customers', 'incremental_upsert_only'],
    ]);
  });

  it('refuses an unknown table name and lists the near ones (weakness 27)', async () => {
    const failed = await failureOf(upload({ tables: ['Custmers'] }));
    expect(failed.code).toBe('TITAN_UNKNOWN_TABLE');
    expect(failed.message).toContain('Customers');
  });

  it('refuses an unknown domain and lists the near ones', async () => {
    const failed = await failureOf(upload({ domain: 'Custommer' }));
    expect(failed.code).toBe('TITAN_UNKNOWN_DOMAIN');
    expect(failed.message).toContain('Customer');
  });

  it('refuses an unknown store by name', async () => {
    const failed = await failureOf(upload({ store: 'lakes' }));
    expect(failed.code).toBe('UNKNOWN_CONNECTION');
    expect(failed.message).toContain('lake');
  });

  it('brings back every value as it was sent (weaknesses 2 and 3)', async () => {
    await upload();
    const result = await download();
    expect(result.tables.map(({ status, rows }) => [status, rows])).toEqual([
      ['success', 3],
      ['success', 1],
    ]);
    const lines = (await tenant.got('cust_customers.csv'))
      .trimEnd()
      .split('\n')
      .map((line) => line.split(',').slice(0, 3).join(','));
    expect(lines.sort()).toEqual(CUSTOMERS.trimEnd().split('\n').sort());
    expect(result.tables[0]?.reference).toEqual({ connection: 'landing', table: 'cust_customers' });
  });

  it('writes an incremental download as a delta of its own and leaves the table alone', async () => {
    await upload();
    const full = await download();
    const whole = await tenant.got('cust_customers.csv');
    const mark = full.tables[0]?.lastChange;
    expect(mark).toEqual(expect.stringMatching(/^\d{4}-/u));
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Changed,00501\nC2,"",NA\nC3,,1.10\n');
    await upload();
    const result = await download({ pattern: 'incremental', highWaterMark: String(mark), tables: ['customers'] });
    expect(result.tables[0]?.status).toBe('success');
    expect(result.tables[0]?.reference).not.toEqual({ connection: 'landing', table: 'cust_customers' });
    expect(await tenant.got('cust_customers.csv')).toBe(whole);
  });

  it('leaves every table as it was when an export fails, and says which', async () => {
    await upload();
    await download();
    const before = await tenant.got('cust_regions.csv');
    tenant.sandbox.setFaults([
      { kind: 'exportFailed', match: { route: 'exports.new', table: 'cust_regions' }, message: 'no space' },
    ]);
    const failed = await failureOf(download());
    expect(failed.code).toBe('TITAN_EXPORT_FAILED');
    expect(failed.message).toContain('cust_regions');
    expect(failed.message).toContain('no space');
    expect(await tenant.got('cust_regions.csv')).toBe(before);
    expect((await readdir(tenant.landing)).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it("with onTableError 'completeOthers', receives the other tables", async () => {
    await upload();
    tenant.sandbox.setFaults([{ kind: 'exportFailed', match: { route: 'exports.new', table: 'cust_regions' } }]);
    const result = await download({ onTableError: 'completeOthers' });
    expect(result.tables.map(({ status }) => status.slice(0, 7))).toEqual(['success', 'error: ']);
  });

  it('gives up an export that never ends', async () => {
    await upload();
    tenant.sandbox.setFaults([{ kind: 'exportNeverEnds', match: { route: 'exports.new' } }]);
    const failed = await failureOf(download({ poll: { intervalSeconds: 0.05, maxWaitSeconds: 0.2 } }));
    expect(failed.code).toBe('TITAN_WAIT_EXCEEDED');
  });

  it('receives again what was cut off on the way (weakness 24)', async () => {
    await upload();
    tenant.sandbox.setFaults([{ kind: 'truncated', match: { route: 'download.get' }, times: 1 }]);
    const result = await download();
    expect(result.totals.success).toBe(2);
  });

  describe('of many domains', () => {
    const extra = Array.from({ length: 6 }, (_, index) => ({
      name: `Extra ${index}`,
      abbreviation: `x${index}`,
      tables: [
        {
          name: 'Things',
          databaseTableName: 'things',
          columns: [{ name: 'id', dataType: 'integer', primaryKey: true }],
        },
      ],
    }));
    beforeAll(async () => {
      for (const domain of extra) {
        tenant.sandbox.addDomain(domain);
        await tenant.put(`${domain.abbreviation}_things.csv`, 'id\n1\n2\n');
      }
    });
    const sync = (input: {
      direction: 'upload' | 'download';
      domains?: string[];
      store: string;
    }): Promise<TitanSyncDomainsResult> =>
      tenant.execute('titanSyncDomains', {
        ...base,
        domainsInFlight: 2,
        ...input,
      });

    it('sends and receives all of them, each as a child of its own', async () => {
      const up = await sync({ direction: 'upload', store: 'lake' });
      expect(up.totals).toMatchObject({ domains: 7, domainsFailed: 0, tables: 8, success: 8 });
      const down = await sync({ direction: 'download', store: 'landing' });
      expect(down.totals).toMatchObject({ domains: 7, domainsFailed: 0, success: 8 });
      expect(await tenant.got('x3_things.csv')).toContain('id');
    });

    it('lets the other domains finish when one fails, then fails with the list', async () => {
      await tenant.put('x1_things.csv', 'id\nnot a number\n');
      const failed = await failureOf(
        sync({ direction: 'upload', domains: ['Extra 0', 'Extra 1', 'Extra 2'], store: 'lake' }),
      );
      expect(failed.message).toContain('1 of 3 domains failed');
      expect(failed.result?.domains.filter(({ status }) => status === 'success')).toHaveLength(2);
      expect(failed.result?.tables.map(({ status }) => status.slice(0, 7))).toEqual(
        expect.arrayContaining(['success', 'error: ']),
      );
      expect(failed.result?.totals).toMatchObject({ tables: 3, success: 2, failed: 1 });
      await tenant.put('x1_things.csv', 'id\n1\n');
    });

    it('refuses two domains whose tables share a convention key', async () => {
      const clash = {
        name: 'Clash',
        abbreviation: 'cust',
        tables: [{ name: 'Customers', databaseTableName: 'customers', columns: [{ name: 'id', primaryKey: true }] }],
      };
      const own = await openTenant({ worker, sandbox: { domains: [CUSTOMER_DOMAIN, clash] } });
      try {
        const input = { ...base, direction: 'download', domains: ['Customer', 'Clash'], store: 'landing' };
        const failed = await failureOf(own.execute('titanSyncDomains', { ...input, domainsInFlight: 2 }));
        expect(failed.code).toBe('AMBIGUOUS_CONVENTION_KEY');
      } finally {
        await own.close();
      }
    });
  });
});
