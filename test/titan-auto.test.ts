import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanImportBatchInput } from '../contracts/titan-inputs.js';
import type { TitanImportBatchResult } from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

// With a workflow cache of 0 every workflow task replays from the start: whatever is not deterministic fails.
describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])("pattern 'auto' with %j", (worker) => {
  let tenant: Tenant;
  let imports = 0;

  beforeAll(async () => {
    tenant = await openTenant({ worker });
  });
  afterAll(() => tenant.close());
  beforeEach(async () => {
    await tenant.put('customers.csv', 'code,name,zip\nC1,Ann,00501\nC2,"",NA\nC3,,1.10\n');
    await run({ pattern: 'full' });
    imports = tenant.sandbox.importStatuses().length;
  });
  afterEach(async () => {
    tenant.sandbox.clearFaults();
    expect(await readdir(tenant.spool)).toEqual([]);
  });

  const customers = {
    target: { domain: 'Customer', name: 'Customers' },
    source: { connection: 'lake', table: 'customers' },
  };
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
  const run = (input: Partial<TitanImportBatchInput> = {}): Promise<TitanImportBatchResult> =>
    tenant.execute('titanImportBatch', { ...base, pattern: 'auto', tables: [customers], ...input });
  const held = async (): Promise<string[]> =>
    (await tenant.sandbox.rows('cust_customers')).map((row) => JSON.stringify(Object.values(row))).sort();
  const newImports = (): number => tenant.sandbox.importStatuses().length - imports;

  it('sends new, changed and vanished rows, and nothing else', async () => {
    await tenant.put('customers.csv', 'code,name,zip\nC1,Anna,00501\nC3,,1.10\nC4,New,"a ""b"", c"\n');
    const result = await run();
    expect(result.tables[0]).toMatchObject({
      status: 'success',
      pattern: 'auto',
      rows: 3,
      difference: { inserts: 1, updates: 1, deletes: 1, unchanged: 1, held: 3 },
      counts: { inserted: 1, updated: 1, deleted: 1 },
    });
    expect(await held()).toEqual(['["C1","Anna","00501"]', '["C3",null,"1.10"]', '["C4","New","a \\"b\\", c"]']);
    expect(newImports()).toBe(1);
  });

  it('sends nothing and creates no batch when nothing has changed', async () => {
    const result = await run();
    expect(result.batch).toBeNull();
    expect(result.tables[0]).toMatchObject({
      status: 'skipped (empty)',
      rows: 0,
      difference: { inserts: 0, updates: 0, deletes: 0, unchanged: 3, held: 3 },
    });
    expect(result.summary).toContain('1 unchanged');
    expect(newImports()).toBe(0);
  });

  it('stops before a batch when more would go than maxDeletes allows', async () => {
    await tenant.put('customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    const failed = await failureOf(run({ maxDeletes: 0.5 }));
    expect(failed.code).toBe('TOO_MANY_DELETES');
    expect(failed.message).toContain('2 of the 3 records');
    expect(newImports()).toBe(0);
    expect((await held()).length).toBe(3);
  });
});
