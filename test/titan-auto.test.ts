import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanImportBatchInput } from '../contracts/titan-inputs.js';
import type {
  TitanConventionUploadResult,
  TitanImportBatchResult,
  TitanSyncDomainsResult,
} from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { CUSTOMER_DOMAIN, openTenant, type Tenant } from './support/tenant.js';

const CUSTOMERS = 'code,name,zip\nC1,Ann,00501\nC2,"",NA\nC3,,1.10\n';
/** A composite key whose columns have other names in files. */
const PLACES = {
  name: 'Places',
  databaseTableName: 'places',
  columns: [
    { name: 'country', dataType: 'varchar', primaryKey: true },
    { name: 'code', dataType: 'integer', primaryKey: true },
    { name: 'name', dataType: 'varchar', required: true },
    { name: 'area', dataType: 'numeric' },
  ],
  mappings: [
    {
      name: 'German',
      isDefault: true,
      columns: [
        { source: 'Bezeichnung', target: 'name' },
        { source: 'Land', target: 'country' },
        { source: 'Nummer', target: 'code' },
        { source: 'Fläche', target: 'area' },
      ],
    },
  ],
};

describe("pattern 'auto'", () => {
  // With a workflow cache of 0 every workflow task replays from the start: whatever is not deterministic fails.
  const worker = { maxCachedWorkflows: 0 };
  let tenant: Tenant;
  let before: Record<'imports.new' | 'exports.new', number>;

  beforeAll(async () => {
    const domain = { ...CUSTOMER_DOMAIN, tables: [...CUSTOMER_DOMAIN.tables, PLACES] };
    tenant = await openTenant({ worker, sandbox: { domains: [domain] } });
  });
  afterAll(() => tenant.close());
  beforeEach(async () => {
    await tenant.put('cust_customers.csv', CUSTOMERS);
    await run({ pattern: 'full' });
    before = { 'imports.new': calls('imports.new'), 'exports.new': calls('exports.new') };
  });
  afterEach(async () => {
    tenant.sandbox.clearFaults();
    expect(await readdir(tenant.spool)).toEqual([]);
  });

  const fromLake = (table: string) => ({
    target: { domain: 'Customer', name: table },
    source: { connection: 'lake', table: `cust_${table}` },
  });
  const customers = fromLake('customers');
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.05 } };
  const run = (input: Partial<TitanImportBatchInput> = {}): Promise<TitanImportBatchResult> =>
    tenant.execute('titanImportBatch', { ...base, pattern: 'auto', tables: [customers], ...input });
  const held = async (table = 'cust_customers'): Promise<(string | null)[][]> =>
    (await tenant.sandbox.rows(table)).map((row) => Object.values(row)).sort();
  const calls = (route: string): number => tenant.sandbox.requestLog.filter((call) => call.route === route).length;
  const since = (route: 'imports.new' | 'exports.new'): number => calls(route) - before[route];

  it('sends new, changed and vanished rows, and nothing else', async () => {
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Anna,00501\nC3,,1.10\nC4,New,"a ""b"", c"\n');
    const result = await run();
    expect(result.tables[0]).toMatchObject({
      status: 'success',
      pattern: 'auto',
      rows: 3,
      difference: { inserts: 1, updates: 1, deletes: 1, unchanged: 1, held: 3 },
      counts: { inserted: 1, updated: 1, deleted: 1 },
    });
    expect(await held()).toEqual([
      ['C1', 'Anna', '00501'],
      ['C3', null, '1.10'],
      ['C4', 'New', 'a "b", c'],
    ]);
    // The export that told of the difference is the one that it was sent by.
    expect([since('imports.new'), since('exports.new')]).toEqual([1, 1]);
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
    expect(since('imports.new')).toBe(0);
  });

  it('brings every spelling of a value over, there and back', async () => {
    const spellings = [
      '1.10',
      '1.1',
      '00501',
      '501',
      'NA',
      '""',
      '',
      'True',
      'true',
      '" a"',
      '"x\r\ny"',
      '"""q"""',
      '🌊',
    ];
    const file = (shift: number): string =>
      `code,name,zip\n${spellings.map((_, row) => `K${row},${spellings.at(row - shift)},${spellings.at(row - 2 * shift)}\n`).join('')}`;
    for (const shift of [0, 1, 3, 0]) {
      await tenant.put('cust_customers.csv', file(shift));
      await run();
      const whole = await held();
      // What the pattern that sends everything makes of the same file is the same.
      await run({ pattern: 'full' });
      expect(await held()).toEqual(whole);
      expect(whole).toHaveLength(spellings.length);
      expect((await run()).batch).toBeNull();
    }
  });

  it('finds records by a composite key under the names of a mapping', async () => {
    const places = fromLake('places');
    await tenant.put('cust_places.csv', 'Bezeichnung,Land,Nummer,Fläche\nBern,CH,1,1.10\nBerlin,DE,1,\nBonn,DE,2,2\n');
    expect((await run({ tables: [places] })).tables[0]?.counts).toEqual({ inserted: 3, updated: 0, deleted: 0 });
    await tenant.put('cust_places.csv', 'Fläche,Land,Nummer,Bezeichnung\n1.1,CH,1,Bern\n2,DE,2,Bonn\n');
    expect((await run({ tables: [places] })).tables[0]).toMatchObject({
      counts: { inserted: 0, updated: 1, deleted: 1 },
      difference: { unchanged: 1 },
    });
    expect(await held('cust_places')).toEqual([
      ['CH', '1', 'Bern', '1.1'],
      ['DE', '2', 'Bonn', '2'],
    ]);
  });

  it('keeps everything when the source is absent or empty, and removes everything when an empty one is to be sent', async () => {
    await tenant.put('cust_customers.csv', 'code,name,zip\n');
    expect((await run()).tables[0]?.status).toBe('skipped (empty)');
    const absent = { ...customers, source: { connection: 'lake', table: 'nowhere' } };
    expect((await run({ tables: [absent] })).tables[0]?.status).toBe('skipped (no source data)');
    expect(await held()).toHaveLength(3);
    expect(since('exports.new')).toBe(0);
    expect((await run({ onEmpty: 'send' })).tables[0]?.difference).toMatchObject({ deletes: 3, held: 3 });
    expect(await held()).toEqual([]);
  });

  it('goes beside other patterns in one batch, table by table', async () => {
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    const result = await run({ pattern: 'full', tables: [{ ...customers, pattern: 'auto' }, fromLake('regions')] });
    expect(result.tables.map(({ status, pattern }) => [status, pattern])).toEqual([
      ['skipped (empty)', 'auto'],
      ['success', 'full'],
    ]);
  });

  it('is taken by convention syncs, of one domain and of all', async () => {
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    const store = { ...base, store: 'lake' };
    const one = await tenant.execute<TitanConventionUploadResult>('titanConventionUpload', {
      ...{ ...store, domain: 'Customer', tables: ['customers', 'regions'] },
      patterns: { Customers: 'auto' },
    });
    expect(one.tables.map(({ pattern, difference }) => [pattern, difference?.deletes])).toEqual([
      ['auto', 2],
      ['full', undefined],
    ]);
    const all = await tenant.execute<TitanSyncDomainsResult>('titanSyncDomains', {
      ...{ ...store, direction: 'upload', pattern: 'auto', domains: ['Customer'] },
    });
    const unchanged = all.tables.filter((table) => 'difference' in table && table.difference.unchanged === 1);
    expect(unchanged.map(({ table }) => table)).toEqual(['customers', 'regions']);
  });

  it('refuses a bad source before it asks for an export', async () => {
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,a,1\nC1,b,2\n');
    expect((await failureOf(run())).code).toBe('DUPLICATE_KEYS');
    await tenant.put('cust_customers.csv', 'code,name,zip,trdm_tran_code\nC1,a,1,u\n');
    const codes = await failureOf(run());
    expect(codes.code).toBe('UNEXPECTED_TRANSACTION_CODES');
    expect(codes.message).toContain("pattern 'auto'");
    expect([since('exports.new'), since('imports.new')]).toEqual([0, 0]);
  });

  it('compares anew with what TitanRDM holds when a batch has to be begun anew', async () => {
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\nC9,Nine,9\n');
    tenant.sandbox.setFaults([{ kind: 'expiredUrl', match: { route: 'import_tables.new' }, times: 1 }]);
    const result = await run();
    expect(result.abandonedBatches).toHaveLength(1);
    expect(result.tables[0]?.counts).toEqual({ inserted: 1, updated: 0, deleted: 2 });
    expect([since('imports.new'), since('exports.new')]).toEqual([2, 2]);
  });

  it('receives the export again when it was cut off, and does not take what is missing for new', async () => {
    tenant.sandbox.setFaults([{ kind: 'truncated', match: { route: 'download.get' }, times: 2 }]);
    expect((await run()).tables[0]?.difference).toMatchObject({ inserts: 0, unchanged: 3 });
    expect(since('exports.new')).toBe(1);
  });

  it('goes on with another worker when one is shut down in the middle of a comparison', async () => {
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    tenant.sandbox.setFaults([{ kind: 'slow', delayMs: 3_000, match: { route: 'download.get' }, times: 1 }]);
    const handle = await tenant.start('titanImportBatch', { ...base, pattern: 'auto', tables: [customers] });
    while (!tenant.sandbox.faultLog.some(({ route }) => route === 'download.get')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await tenant.replaceWorker();
    const result = (await handle.result()) as TitanImportBatchResult;
    expect(result.tables[0]?.counts).toEqual({ inserted: 0, updated: 0, deleted: 2 });
  });

  describe('maxDeletes', () => {
    const short = 'code,name,zip\nC1,Ann,00501\n';
    const deletes = {
      ...customers,
      pattern: 'incremental_with_delete' as const,
      source: {
        rows: ['C2', 'C3', 'C7'].map((code) => ({ code, trdm_tran_code: 'd' })),
      },
    } satisfies TitanImportBatchInput['tables'][number];
    const inputs = (): Partial<TitanImportBatchInput>[] => [{}, { pattern: 'full' }, { tables: [deletes] }];

    it.each([0, 1, 0.5, '66%'] as const)(
      '%j stops a run that would remove 2 of 3 records, in every pattern',
      async (maxDeletes) => {
        await tenant.put('cust_customers.csv', short);
        for (const input of inputs()) {
          const failed = await failureOf(run({ ...input, maxDeletes }));
          expect(failed.code).toBe('TOO_MANY_DELETES');
          expect(failed.message).toContain('cust_customers');
          expect(failed.message).toContain('2 of the 3 records');
        }
        expect(await held()).toHaveLength(3);
      },
    );

    it.each([2, 0.7, '67%'] as const)('%j lets it pass', async (maxDeletes) => {
      await tenant.put('cust_customers.csv', short);
      for (const input of inputs()) {
        expect((await run({ ...input, maxDeletes })).tables[0]?.counts?.deleted).toBe(2);
        await tenant.put('cust_customers.csv', CUSTOMERS);
        await run({ pattern: 'full' });
        await tenant.put('cust_customers.csv', short);
      }
    });

    it('stops the whole run, whatever is to become of other errors', async () => {
      await tenant.put('cust_customers.csv', short);
      await tenant.put('cust_regions.csv', 'id,label\n77,New\n');
      const tables = [fromLake('regions'), customers];
      for (const pattern of ['auto', 'full'] as const) {
        const failed = await failureOf(run({ pattern, tables, maxDeletes: 1, onTableError: 'completeOthers' }));
        expect(failed.code).toBe('TOO_MANY_DELETES');
      }
      expect((await held('cust_regions')).flat()).not.toContain('77');
    });

    it('costs no export where nothing can be removed, nor where it is not set', async () => {
      await run({ pattern: 'incremental_upsert_only', maxDeletes: 0 });
      await run({ pattern: 'full' });
      expect(since('exports.new')).toBe(0);
    });

    it.each([-1, 1.5, '101%', 'half', '50'])('refuses %j', async (maxDeletes) => {
      expect((await failureOf(run({ maxDeletes }))).code).toBe('ValidationError');
    });
  });
});
