import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanImportBatchResult } from '../contracts/titan-results.js';
import { noteSecrets } from './support/known-secrets.js';
import { failureOf } from './support/outcome.js';
import { refusal, ROW_VALUE as V } from './support/refusal.js';
import { CUSTOMER_DOMAIN, openTenant, type Tenant } from './support/tenant.js';

const HEADER = 'code,name,zip\n';
const CODES = 'code,name,zip,trdm_tran_code\n';
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

/** A composite key of which the mapping renames one column: `Area` in the file is `region` in the table. */
const PRICES = {
  name: 'Prices',
  databaseTableName: 'prices',
  columns: [
    { name: 'region', dataType: 'varchar', primaryKey: true },
    { name: 'item', dataType: 'varchar', primaryKey: true },
    { name: 'price', dataType: 'numeric', required: true },
  ],
  mappings: [
    {
      name: 'Renaming',
      isDefault: true,
      columns: [
        { source: 'Area', target: 'region' },
        { source: 'item', target: 'item' },
        { source: 'price', target: 'price' },
      ],
    },
  ],
};

/** Each bad file lies beside a good one of the same batch: neither is applied. */
describe('a file', () => {
  let tenant: Tenant;
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
  const table = (name: string, pattern?: string) => ({
    target: { domain: 'Customer', name },
    source: { connection: 'lake', table: name },
    ...(pattern === undefined ? {} : { pattern }),
  });
  const put = (name: string, csv: string | Buffer) => writeFile(path.join(tenant.lake, `${name}.csv`), csv);

  beforeAll(async () => {
    const domain = { ...CUSTOMER_DOMAIN, tables: [...CUSTOMER_DOMAIN.tables, PRICES] };
    tenant = await openTenant({ sandbox: { domains: [domain] } });
    noteSecrets([V]);
    await put('customers', `${HEADER}C1,Ann,00501\n`);
    await put('regions', 'id,label\n1,North\n');
    await put('prices', 'Area,item,price\nN,i1,1.10\nN,i2,1.10\nS,i1,1.10\n');
    const tables = ['customers', 'regions', 'prices'].map((name) => table(name));
    await tenant.execute('titanImportBatch', { ...base, tables });
    await put('regions', 'id,label\n1,Changed\n');
  });
  beforeEach(() => tenant.sandbox.clearFaults());
  afterAll(() => tenant.close());

  async function refused(name: string, csv: string | Buffer, code: string, says: RegExp, pattern?: string) {
    await put(name, csv);
    const tables = [table('regions', 'full'), table(name, pattern)];
    const failed = await refusal<TitanImportBatchResult>(tenant, 'titanImportBatch', { ...base, tables });
    expect(failed.code).toBe(code);
    expect(failed.message).toContain('Nothing was applied. ');
    expect(failed.message).toContain(name);
    expect(failed.message).toMatch(says);
    expect(failed.result?.tables[0]?.status).toMatch(/^error: (sent, but not applied|not sent): /u);
    expect(failed.result?.tables[1]).toMatchObject({ status: `error: ${failed.result?.tables[1]?.error?.message}` });
    expect(failed.result?.tables[1]?.error?.code).toBe(code);
  }

  it.each<[string, string, RegExp]>([
    [
      'has a row with a field too many',
      `${HEADER}C1,${V},1\nC2,${V},2,${V}\n`,
      /row 2 .*4 fields where the header has 3/u,
    ],
    ['has a row with a field too few', `${HEADER}C1,${V},1\nC2,${V}\n`, /row 2 .*2 fields where the header has 3/u],
    ['has an empty line', `${HEADER}C1,${V},1\n\nC2,${V},1\n`, /row 2 .*an empty line\?/u],
    [
      'has a quote that never closes',
      `${HEADER}C1,"${V},1\nC2,x,2\n`,
      /a quoted field never ends\. Write it as RFC 4180/u,
    ],
    ['has a quote inside a bare field', `${HEADER}C1,${V}"x",1\n`, /row 1 .*a quote within a field/u],
    ['has text behind a closing quote', `${HEADER}C1,"${V}"x,1\n`, /row 1 .*text behind the closing quote/u],
    ['has a bare carriage return', `${HEADER}C1,${V}\rx,1\n`, /row 1 .*a carriage return outside quotes/u],
    ['names two columns alike', `code,name,zip,zip\nC1,${V},1,2\n`, /two columns are named "zip"\. Rename one/u],
    [
      'has two equal values in place of a header',
      `C1,${V},${V}\nC2,b,c\n`,
      /columns 2 and 3 have the same name.*add the header/u,
    ],
  ])('that %s is MALFORMED_CSV', (_, csv, says) => refused('customers', csv, 'MALFORMED_CSV', says));

  it.each<[string, Buffer, RegExp]>([
    [
      'Latin-1',
      Buffer.from(`${HEADER}C1,Ann,1\nC2,${V} Müller,1\n`, 'latin1'),
      /row 2 holds bytes that are not UTF-8\. Write/u,
    ],
    [
      'Latin-1, in its header',
      Buffer.from(`code,näme,zip\nC2,${V},1\n`, 'latin1'),
      /header holds bytes that are not UTF-8/u,
    ],
    ['UTF-16 with a mark', utf16(`\uFEFF${HEADER}C1,${V},1\n`), /holds UTF-16 text\. Write the file as UTF-8/u],
    ['UTF-16 of the other order', utf16(`\uFEFF${HEADER}C1,${V},1\n`).swap16(), /holds UTF-16 text/u],
    ['UTF-16 without a mark', utf16(`${HEADER}C1,${V},1\n`), /header holds zero bytes, as UTF-16 text does\. Write/u],
    ['UTF-16 of the other order without a mark', utf16(`${HEADER}C1,${V},1\n`).swap16(), /zero bytes/u],
  ])('in %s is BAD_ENCODING', (_, csv, says) => refused('customers', csv, 'BAD_ENCODING', says));

  it.each<[string, string, string, RegExp]>([
    [
      'a column too many',
      'customers',
      `code,name,zip,zipp\nC1,${V},1,2\n`,
      /"zipp" \(near: "zip"\).*ignore them silently\. Rename or remove/u,
    ],
    ['a misspelt column', 'customers', `code,nmae,zip\nC1,${V},1\n`, /"nmae" \(near: "name"\)/u],
    [
      'no header, and does not repeat its row',
      'customers',
      `C1,${V},1\nC2,b,2\n`,
      /\(3 fields\) names none .*Begin the file with a header\. The table has: "code", "name", "zip"/u,
    ],
    [
      'semicolons for commas',
      'customers',
      `code;name;zip\nC1;${V};1\n`,
      /\(1 field\) names none .*not separated by commas/u,
    ],
    [
      "the table's own name for a column that the mapping renames",
      'prices',
      `region,item,price\n${V},i1,1\n`,
      /"region" \(which the import mapping expects as "Area"\)/u,
    ],
  ])('with %s is UNKNOWN_COLUMNS', (_, name, csv, says) => refused(name, csv, 'UNKNOWN_COLUMNS', says));

  it.each<[string, string, string, string, RegExp]>([
    ['a column', 'full', 'customers', `code,name\nC1,${V}\n`, /"zip"\. Under 'full' TitanRDM would empty .*Add them/u],
    [
      'its key',
      'incremental_upsert_only',
      'customers',
      `name,zip\n${V},1\n`,
      /"code"\. Add them: without its whole key/u,
    ],
    ['half of its key', 'incremental_upsert_only', 'prices', `item,price\n${V},1\n`, /"Area"\. Add them/u],
  ])('without %s under %s is MISSING_COLUMNS', (_, pattern, name, csv, says) =>
    refused(name, csv, 'MISSING_COLUMNS', says, pattern),
  );

  it.each<[string, string, string, RegExp]>([
    ['key', 'customers', `${HEADER}C1,${V},1\n,${V},2\n`, /\("code"\): row 2\. Fill them/u],
    ['half of a key', 'prices', `Area,item,price\nN,,1\n`, /\("item"\): row 1/u],
    ['required column', 'prices', `Area,item,price\n${V},i1,1\n${V},i2,\n`, /\("price"\): row 2\. Fill them/u],
  ])('with an empty %s is MISSING_REQUIRED_VALUES', (_, name, csv, says) =>
    refused(name, csv, 'MISSING_REQUIRED_VALUES', says),
  );

  it.each<[string, string, string, string, RegExp]>([
    [
      'full',
      'apart',
      'customers',
      `${HEADER}${V},a,1\nC2,b,2\n${V},c,3\n`,
      /\("code"\).*row 3 \(as row 1\)\. Each key may occur once/u,
    ],
    [
      'incremental_upsert_only',
      'quoted and bare',
      'customers',
      `${HEADER}${V},a,1\n"${V}",c,3\n`,
      /row 2 \(as row 1\)/u,
    ],
    ['incremental', 'alike', 'customers', `${HEADER}${V},a,1\n${V},a,1\n`, /row 2 \(as row 1\)/u],
    [
      'incremental_with_delete',
      'of a delete and an insert',
      'customers',
      `${CODES}${V},a,1,d\n${V},c,3,i\n`,
      /row 2 \(as row 1\)/u,
    ],
    [
      'full',
      'of a renamed composite key',
      'prices',
      `Area,item,price\n${V},i1,1\nN,i1,2\n${V},i1,3\n`,
      /\("Area", "item"\).*row 3 \(as row 1\)/u,
    ],
  ])('under %s with keys %s is DUPLICATE_KEYS', (pattern, _, name, csv, says) =>
    refused(name, csv, 'DUPLICATE_KEYS', says, pattern),
  );

  it.each<[string, string, string, string, RegExp]>([
    [
      'an unknown code or none',
      'incremental_with_delete',
      'BAD_TRANSACTION_CODES',
      `${CODES}C1,a,1,u\nC2,${V},2,x\nC3,a,3,\n`,
      /: rows 2, 3\. Write i, u or d/u,
    ],
    [
      'no code column',
      'incremental_with_delete',
      'MISSING_TRANSACTION_CODES',
      `${HEADER}C1,${V},1\n`,
      /Add the column; .*pattern 'auto'/u,
    ],
    [
      'codes',
      'full',
      'UNEXPECTED_TRANSACTION_CODES',
      `${CODES}C1,${V},1,u\n`,
      /'full' does not take\. Drop the column, or use/u,
    ],
    ['codes', 'incremental_upsert_only', 'UNEXPECTED_TRANSACTION_CODES', `${CODES}C1,${V},1,u\n`, /Drop the column/u],
    ['codes', 'incremental', 'UNEXPECTED_TRANSACTION_CODES', `${CODES}C1,${V},1,u\n`, /Drop the column/u],
  ])('with %s under %s is %s', (_, pattern, code, csv, says) => refused('customers', csv, code, says, pattern));

  it('that is no Parquet file, whatever its name says, is DUCKDB_FAILED', async () => {
    await writeFile(path.join(tenant.lake, 'broken.parquet'), `PAR1${V}PAR1`);
    const broken = { ...table('customers'), source: { connection: 'lake', table: 'broken' } };
    const failed = await refusal(tenant, 'titanImportBatch', { ...base, tables: [broken] });
    expect(failed.code).toBe('DUCKDB_FAILED');
    expect(failed.message).toMatch(/Table cust_customers: .*"broken".*Look whether the file is whole/u);
  });

  it('whose keys repeat only in the part that the mapping does not rename is good (weakness 15)', async () => {
    await put('prices', 'Area,item,price\nN,i1,2\nS,i1,2\nN,i2,2\n');
    const result = await tenant.execute<TitanImportBatchResult>('titanImportBatch', {
      ...base,
      tables: [table('prices')],
    });
    expect(result.tables[0]).toMatchObject({ status: 'success', counts: { inserted: 0, updated: 3, deleted: 0 } });
  });

  it('with a value that only the server finds wrong fails with the reason that it gives, and nothing of the batch is applied', async () => {
    const before = await tenant.sandbox.states();
    await put('prices', `Area,item,price\nN,i1,${V}\n`);
    const tables = [table('regions'), table('prices')];
    const failed = await failureOf(tenant.execute<TitanImportBatchResult>('titanImportBatch', { ...base, tables }));
    expect(failed.code).toBe('TITAN_TABLE_FAILED');
    expect(failed.message).toMatch(/was completed, but TitanRDM refused .*; TitanRDM refused table cust_prices: ./u);
    expect(failed.result?.totals).toMatchObject({ success: 0, failed: 2 });
    expect(await tenant.sandbox.states()).toEqual(before);
  });
});
