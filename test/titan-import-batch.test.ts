import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanImportBatchInput } from '../contracts/titan-inputs.js';
import type { TitanImportBatchResult } from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

// With a workflow cache of 0 every workflow task replays from the start: whatever is not deterministic fails.
describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])('titanImportBatch with %j', (worker) => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await openTenant({ worker });
  });
  afterAll(() => tenant.close());
  const putFiles = async (): Promise<void> => {
    await tenant.put('customers.csv', 'code,name,zip\nC1,Ann,00501\nC2,"",NA\nC3,,9007199254740993\n');
    await tenant.put('regions.csv', 'id,label\n1,North\n2,South\n');
  };
  beforeEach(putFiles);
  afterEach(async () => {
    tenant.sandbox.clearFaults();
    expect(await readdir(tenant.spool)).toEqual([]);
  });

  const customers = {
    target: { domain: 'Customer', name: 'Customers' },
    source: { connection: 'lake', table: 'customers' },
  };
  const regions = { target: { domain: 'Customer', name: 'regions' }, source: { connection: 'lake', table: 'regions' } };
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };

  const run = (input: Partial<TitanImportBatchInput>): Promise<TitanImportBatchResult> =>
    tenant.execute('titanImportBatch', { ...base, tables: [customers, regions], ...input });
  /** For tests of what is inserted and in what order: TitanRDM holds nothing, and the files are as for every test. */
  const emptied = async (): Promise<void> => {
    await tenant.put('customers.csv', 'code,name,zip\n');
    await tenant.put('regions.csv', 'id,label\n');
    const tables = [customers, regions].map((table) => ({ ...table, onEmpty: 'send' as const }));
    expect((await run({ tables })).totals.success).toBe(2);
    await putFiles();
  };

  it('sends all tables as one batch and returns what the server made of each, in the order given', async () => {
    await emptied();
    const result = await run({ description: 'Nightly', correlationCode: 'night-1' });
    expect(result.batch).toMatchObject({ status: 'completed', description: 'Nightly', correlationCode: 'night-1' });
    expect(result.tables.map((table) => [table.table, table.status, table.rows])).toEqual([
      ['customers', 'success', 3],
      ['regions', 'success', 2],
    ]);
    expect(result.tables[0]?.counts).toEqual({ inserted: 3, updated: 0, deleted: 0 });
    expect(result.tables[0]?.importTables?.[0]?.correlationCode).toMatch(
      /^night-1:customers:titanImportBatch-.*:[0-9a-f-]{36}$/u,
    );
    expect(result.summary).toContain('2 of 2 tables, 5 rows; 5 inserted, 0 updated, 0 removed.');
  });

  it('keeps every value as it is: leading zeros, NA, digits beyond 2^53, the empty string and NULL', async () => {
    await emptied();
    await run({});
    const rows = await tenant.sandbox.rows('cust_customers');
    expect(rows.map(({ code, name, zip }) => [code, name, zip])).toEqual([
      ['C1', 'Ann', '00501'],
      ['C2', '', 'NA'],
      ['C3', null, '9007199254740993'],
    ]);
  });

  it("with 'full', says how many records the batch removed", async () => {
    await run({});
    await tenant.put('customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    const result = await run({ tables: [customers] });
    expect(result.tables[0]?.counts?.deleted).toBe(2);
    expect(result.summary).toContain('2 removed');
  });

  it('applies inserts, updates and deletes row by row with incremental_with_delete', async () => {
    await run({});
    const source = {
      rows: [
        { code: 'C1', name: 'Anna', zip: '00501', trdm_tran_code: 'u' },
        { code: 'C2', name: null, zip: null, trdm_tran_code: 'D' },
        { code: 'C9', name: 'Nine', zip: '10001', trdm_tran_code: 'i' },
      ],
    };
    const result = await run({ tables: [{ ...customers, source, pattern: 'incremental_with_delete' }] });
    expect(result.tables[0]?.counts).toEqual({ inserted: 1, updated: 1, deleted: 1 });
    const rows = await tenant.sandbox.rows('cust_customers');
    expect(rows.map(({ code, name }) => [code, name]).sort()).toEqual([
      ['C1', 'Anna'],
      ['C3', null],
      ['C9', 'Nine'],
    ]);
  });

  it('creates no batch when there is nothing to send (weakness 13)', async () => {
    const before = tenant.sandbox.importStatuses();
    await tenant.put('regions.csv', 'id,label\n');
    const absent = { ...customers, source: { connection: 'lake', table: 'nowhere' } };
    const result = await run({ tables: [absent, regions] });
    expect(result.batch).toBeNull();
    expect(result.tables.map(({ status }) => status)).toEqual(['skipped (no source data)', 'skipped (empty)']);
    expect(tenant.sandbox.importStatuses()).toEqual(before);
  });

  it('empties a table when that is asked for (weakness 26)', async () => {
    await run({});
    await tenant.put('regions.csv', 'id,label\n');
    const result = await run({ tables: [{ ...regions, onEmpty: 'send' }] });
    expect(result.tables[0]).toMatchObject({ status: 'success', counts: { deleted: 2 } });
    expect(await tenant.sandbox.rows('cust_regions')).toEqual([]);
  });

  it('applies nothing when one table is bad, and says which one and why, with all tables in the details (weakness 12)', async () => {
    const before = await tenant.sandbox.rows('cust_regions');
    await tenant.put('customers.csv', 'code,name,zip\nC1,a,1\nC1,b,2\n');
    await tenant.put('regions.csv', 'id,label\n7,Changed\n');
    const failed = await failureOf(run({}));
    expect(failed.code).toBe('DUPLICATE_KEYS');
    expect(failed.message).toContain('cust_customers');
    expect(failed.result?.tables.map(({ table }) => table)).toEqual(['customers', 'regions']);
    expect(failed.result?.tables[0]?.status).toMatch(/^error: /u);
    expect(await tenant.sandbox.rows('cust_regions')).toEqual(before);
  });

  it("with onTableError 'completeOthers', applies the good tables and reports the bad one (weakness 12)", async () => {
    await tenant.put('customers.csv', 'code,name,zip\nC1,a,1\nC1,b,2\n');
    await tenant.put('regions.csv', 'id,label\n8,Eight\n');
    const result = await run({ onTableError: 'completeOthers' });
    expect(result.tables.map(({ status }) => status.slice(0, 7))).toEqual(['error: ', 'success']);
    expect((await tenant.sandbox.rows('cust_regions')).map(({ label }) => label)).toEqual(['Eight']);
  });

  it('begins a new batch when a signed address expired, and never completes the old one', async () => {
    tenant.sandbox.setFaults([{ kind: 'expiredUrl', match: { route: 'import_tables.new' }, times: 1 }]);
    const result = await run({});
    expect(result.abandonedBatches).toHaveLength(1);
    expect(result.totals.success).toBe(2);
    expect(tenant.sandbox.faultLog.length).toBeGreaterThan(0);
  });

  it('begins a new batch when the reply to the creation of an import table was lost', async () => {
    tenant.sandbox.setFaults([{ kind: 'lostReply', match: { route: 'import_tables.new' }, times: 1 }]);
    const result = await run({});
    expect(result.abandonedBatches).toHaveLength(1);
    expect(result.totals.success).toBe(2);
  });

  it('completes once when the reply to complete was lost', async () => {
    const completions = (): number =>
      tenant.sandbox.requestLog.filter(({ route }) => route === 'imports.complete').length;
    const before = completions();
    tenant.sandbox.setFaults([{ kind: 'lostReply', match: { route: 'imports.complete' }, times: 1 }]);
    const result = await run({});
    expect(result.totals.success).toBe(2);
    expect(result.abandonedBatches).toEqual([]);
    expect(completions() - before).toBe(1);
  });

  it('fails when the server refuses a table after complete, with the reason that it gave (weakness 14)', async () => {
    tenant.sandbox.setFaults([
      { kind: 'importFailed', match: { route: 'imports.complete' }, times: 1, message: 'disk on fire' },
    ]);
    const failed = await failureOf(run({}));
    expect(failed.message).toContain('disk on fire');
    expect(failed.result?.batch?.status).toBe('failed');
  });

  it('gives up waiting after the maximum wait, and says that the batch was completed', async () => {
    tenant.sandbox.setFaults([{ kind: 'importNeverEnds', match: { route: 'imports.complete' }, times: 1 }]);
    const failed = await failureOf(run({ poll: { intervalSeconds: 0.05, maxWaitSeconds: 0.2 } }));
    expect(failed.code).toBe('TITAN_WAIT_EXCEEDED');
    expect(failed.message).toContain('was completed');
  });
});
