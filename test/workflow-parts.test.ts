import { describe, expect, it } from '@jest/globals';
import { processedImport } from '../activities/titanrdm/batch.js';
import { filterTables } from '../activities/titanrdm/discover.js';
import { importResultSchema } from '../connectors/titanrdm/schema.js';
import { forEachBounded, Gate } from '../workflows/bounded.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('forEachBounded', () => {
  it('never has more items in work than its limit, and begins them in order', async () => {
    const begun: number[] = [];
    let inWork = 0;
    let most = 0;
    await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      begun.push(item);
      inWork += 1;
      most = Math.max(most, inWork);
      await tick();
      inWork -= 1;
    });
    expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('after an error begins nothing new, waits for what is under way, then throws it', async () => {
    const ended: number[] = [];
    const run = forEachBounded([1, 2, 3, 4], 2, async (item) => {
      if (item === 1) throw new Error('one');
      await tick();
      await tick();
      ended.push(item);
    });
    await expect(run).rejects.toThrow('one');
    expect(ended).toEqual([2]);
  });

  it('stops beginning items when it may no longer start', async () => {
    const begun: number[] = [];
    await forEachBounded(
      [1, 2, 3],
      1,
      (item) => Promise.resolve(void begun.push(item)),
      () => begun.length < 2,
    );
    expect(begun).toEqual([1, 2]);
  });
});

describe('a gate', () => {
  it('passes its place on in the order of asking, also after an error', async () => {
    const gate = new Gate(1);
    const order: string[] = [];
    const enter = (name: string, fails = false): Promise<void> =>
      gate.run(async () => {
        order.push(name);
        await tick();
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([enter('a', true), enter('b'), enter('c')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(order).toEqual(['a', 'b', 'c']);
  });
});

describe('what a status of an import means', () => {
  const read = (status: string, tables?: { id: number; status: string | null }[]): ReturnType<typeof processedImport> =>
    processedImport(
      importResultSchema.parse({ import: { id: 1, status }, ...(tables ? { import_tables: tables } : {}) }),
    );

  it.each(['created', 'processing', 'a status of the future', ''])("'%s' is unfinished", (status) => {
    expect(read(status)).toBeUndefined();
  });
  it.each([
    ['completed', 'success'],
    ['SUCCEEDED', 'success'],
    ['failed', 'failed'],
    ['Upload Failed', 'failed'],
  ])("'%s' is a %s", (status, outcome) => {
    expect(read(status)?.outcome).toBe(outcome);
  });
  it('is unfinished while one of its tables is', () => {
    expect(
      read('completed', [
        { id: 1, status: 'completed' },
        { id: 2, status: 'processing' },
      ]),
    ).toBeUndefined();
  });
  it("a table without a verdict of its own shares the import's", () => {
    const processed = read('completed', [
      { id: 1, status: null },
      { id: 2, status: 'failed' },
    ]);
    expect(processed?.tables.map(({ outcome }) => outcome)).toEqual(['success', 'failed']);
  });
});

describe('a filter of tables', () => {
  const target = (name: string, table: string) => ({
    key: `${name}/${table}`,
    id: '1',
    name,
    table,
    domain: 'D',
    conventionKey: `d_${table}`,
  });
  const tables = [target('Customers', 'customers'), target('Regions', 'regions'), target('customers', 'old_customers')];

  it('takes display and physical names, and keeps the order of the domain', () => {
    expect(filterTables(tables, ['regions', 'Customers']).map(({ table }) => table)).toEqual(['customers', 'regions']);
  });
  it('refuses a name that means two tables', () => {
    expect(() => filterTables(tables, ['customers'])).toThrow(
      /several tables: 'Customers' \(customers\), 'customers' \(old_customers\)/u,
    );
  });
  it('refuses an unknown name and lists the near ones', () => {
    expect(() => filterTables(tables, ['regoins'])).toThrow(/Near names: .*"regions"/u);
  });
});
