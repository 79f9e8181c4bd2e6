import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CUSTOMER_COLUMNS, got, openTestStore, put, refused, type TestStore } from './support/postgres-store.js';

let test: TestStore;

beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.client.query('DROP SCHEMA IF EXISTS rdm CASCADE');
});

describe('a table of PostgreSQL as a table of a store', () => {
  it('is absent, then empty, then has rows', async () => {
    const { store } = test;
    expect(await store.probe('cust_customers')).toBe('absent');
    expect(await store.read('cust_customers')).toBeUndefined();
    expect(await store.list()).toEqual([]);
    await put(store, 'cust_customers', 'code,name,zip\n', { columns: CUSTOMER_COLUMNS });
    expect(await store.probe('cust_customers')).toBe('empty');
    await put(store, 'cust_customers', 'code,name,zip\nC1,Ann,00501\n', { columns: CUSTOMER_COLUMNS });
    expect(await store.probe('cust_customers')).toBe('rows');
    expect(await store.list()).toEqual(['cust_customers']);
  });

  it('gives back what was written, with NULL and the empty string apart', async () => {
    const csv = 'code,name,zip\nC1,"Ann ""A"", Inc.",00501\nC2,"",NA\nC3,,1.10\nC4,\\.,\\N\n';
    const written = await put(test.store, 'cust_customers', csv, { columns: CUSTOMER_COLUMNS });
    expect(written).toEqual({ table: 'cust_customers', rows: 4, bytes: Buffer.byteLength(csv) });
    expect(await got(test.store, 'cust_customers')).toBe(csv.trimEnd());
  });

  it('has the primary key of the deployed definition', async () => {
    await put(test.store, 'cust_customers', 'code,name,zip\n', { columns: CUSTOMER_COLUMNS });
    const failure = await refused(
      put(test.store, 'cust_customers', 'code,name,zip\nC1,,\nC1,,\n', { columns: CUSTOMER_COLUMNS }),
    );
    expect(failure.code).toBe('DUPLICATE_KEYS');
    expect(failure.message).not.toContain('C1');
  });
});
