import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createStore } from '../connectors/tables/index.js';
import { refusal } from './support/refusal.js';
import { CUSTOMER_DOMAIN, openTenant, type Tenant } from './support/tenant.js';

const columns = [{ name: 'id', dataType: 'integer', primaryKey: true }];
const byHand = ['code', 'name', 'zip'].map((name) => ({ source: name, target: name }));
const [customersTable, regionsTable] = CUSTOMER_DOMAIN.tables;
const owner = (id: number) => ({ type: 'private' as const, owner: { id, email: `dev${id}@example.com` } });

/** A tenant in which most names have a double. */
const SANDBOX = {
  branches: [
    { name: 'main', integration: true },
    { name: 'dev', ...owner(7) },
    { name: 'dev', ...owner(8) },
  ],
  domains: [
    {
      ...CUSTOMER_DOMAIN,
      tables: [
        { ...customersTable, mappings: [{ name: 'By hand', key: 'by-hand', isDefault: true, columns: byHand }] },
        regionsTable,
      ],
    },
    { name: 'Twin', abbreviation: 'twa' },
    { name: 'Twin', abbreviation: 'twb' },
    {
      name: 'Odd',
      abbreviation: 'odd',
      tables: [
        { name: 'alpha', databaseTableName: 'beta', columns },
        { name: 'beta', databaseTableName: 'gamma', columns },
        { name: 'Unmapped', databaseTableName: 'unmapped', columns, mappings: [] },
      ],
    },
  ],
};

/** Names that mean nothing, or more than one thing: each an error that says what there is, before anything is sent. */
describe('a name', () => {
  let tenant: Tenant;
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
  const target = { domain: 'Customer', name: 'customers' };
  const source = { connection: 'lake', table: 'cust_customers' };

  type Run = [workflow: string, input: object];
  const batch = (table: object, more: object = {}): Run => [
    'titanImportBatch',
    { ...base, tables: [{ target, source, ...table }], ...more },
  ];
  const file = (table: string): Run => batch({ source: { connection: 'lake', table } });
  const up = (more: object): Run => ['titanConventionUpload', { ...base, domain: 'Customer', store: 'lake', ...more }];
  const down = (more: object): Run => [
    'titanConventionDownload',
    { ...base, domain: 'Customer', store: 'landing', ...more },
  ];
  const sync = (more: object): Run => ['titanSyncDomains', { ...base, direction: 'upload', store: 'lake', ...more }];

  beforeAll(async () => {
    const missing = (...names: string[]) => createStore({ type: 'files', path: path.join(...names) });
    tenant = await openTenant({
      sandbox: SANDBOX,
      more: (_, folder) => ({
        stores: { gone: missing(folder, 'gone'), nowhere: missing(folder, 'not', 'there') },
      }),
    });
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    for (const name of ['odd_unmapped.csv', 'odd_gamma.csv', 'odd_gamma.parquet']) await tenant.put(name, 'id\n1\n');
    const outside = path.join(tenant.lake, '..', 'outside.csv');
    await writeFile(outside, 'code,name,zip\nC9,Outside,1\n');
    await symlink(outside, path.join(tenant.lake, 'leading_out.csv'));
    await tenant.execute(...up({}));
  });
  afterAll(() => tenant.close());

  function areRefused(code: string, cases: [what: string, run: Run, says: RegExp][]): void {
    it.each(cases)(`%s: ${code}`, async (_, run, says) => {
      const refused = await refusal(tenant, ...run);
      expect(refused.code).toBe(code);
      expect(refused.message).toMatch(says);
    });
  }

  describe('that is unknown is an error that lists the near ones, or those there are', () => {
    areRefused('TITAN_UNKNOWN_DOMAIN', [
      ['of an upload', up({ domain: 'Custommer' }), /Near names: "Customer"\. Use the exact display name/u],
      ['of a download', down({ domain: 'customer' }), /Near names: "Customer"/u],
      ['of a batch', batch({ target: { domain: 'zzz', name: 'a' } }), /There are: "Customer", "Odd", "Twin"/u],
      ['of a sync', sync({ domains: ['Customer', 'Oddd'] }), /Near names: "Odd"/u],
    ]);
    areRefused('TITAN_UNKNOWN_BRANCH', [
      ['by name', up({ branch: { name: 'mian' } }), /Near names: "main"\. Use the exact name or id/u],
      ['of a sync, once for all domains', sync({ branch: { name: 'Main' } }), /^There is no .*Near names: "main"/u],
      ['by id', up({ branch: { id: 99_999 } }), /id 99999\. There are: \d+ \('main'\).*Use the id/u],
      ['of that owner', up({ branch: { name: 'dev', owner: 9 } }), /owners: dev7@example\.com .*Use the exact name/u],
    ]);
    areRefused('TITAN_UNKNOWN_TABLE', [
      ['of an upload', up({ tables: ['Regoins'] }), /Near names: "Regions", "regions"\. Give its display name/u],
      ['of a download', down({ tables: ['cust_regions'] }), /Near names: "Regions", "regions"/u],
      [
        'that has a pattern',
        up({ patterns: { regoins: 'full' } }),
        /There are: customers, regions\. Correct the name/u,
      ],
      ['of a batch', batch({ target: { ...target, name: 'Other' } }), /There are: "Customers", "Regions"/u],
      ['by key', batch({ target: { key: '7d0f-none' } }), /key "7d0f-none"\. Check the table/u],
    ]);
    areRefused('TITAN_MISSING_MAPPING', [
      ['by key', batch({ mappingKey: 'by-hnd' }), /Table cust_customers: .*Near names: "by-hand"\. Mark one/u],
      ['by default', up({ domain: 'Odd', tables: ['unmapped'] }), /Table odd_unmapped: .*Mark one of its/u],
    ]);
    areRefused('UNKNOWN_CONNECTION', [
      ['of a tenant', batch({}, { connection: 'tennant' }), /Near names: tenant\. Name one of the worker's/u],
      ['that every object has', batch({}, { connection: 'constructor' }), /Known: tenant/u],
      ['of a source', batch({ source: { connection: 'lakes', table: 't' } }), /Near names: lake/u],
      ['of a store to read', up({ store: 'lakes' }), /Near names: lake/u],
      ['of a store to write', down({ store: 'landin' }), /Table cust_customers: .*Near names: landing/u],
      ['of a store, for a tenant', batch({}, { connection: 'lake' }), /type titanrdm named 'lake'. Known: tenant/u],
      ['of a tenant, for a store', down({ store: 'tenant' }), /no store named 'tenant'\. Known: lake, landing/u],
    ]);
  });

  describe('that means more than one thing is an error that names them', () => {
    areRefused('TITAN_AMBIGUOUS_BRANCH', [
      [
        'a branch of two owners',
        up({ branch: { name: 'dev' } }),
        /dev7@example\.com .*dev8@example\.com .*Name the branch's owner/u,
      ],
    ]);
    areRefused('TITAN_AMBIGUOUS_DOMAIN', [
      ['two domains', up({ domain: 'Twin' }), /\(twa\), \d+ \(twb\)\. Rename one/u],
      ['two of all domains', sync({}), /'Twin'\. Rename one/u],
    ]);
    areRefused('TITAN_AMBIGUOUS_TABLE', [
      [
        'the display name of one table and the physical one of another',
        batch({ target: { domain: 'Odd', name: 'beta' } }),
        /'alpha' \(beta\), 'beta' \(gamma\).*give the one/u,
      ],
      ['the same in a download', down({ domain: 'Odd', tables: ['beta'] }), /give the one that no other table has/u],
    ]);
    areRefused('AMBIGUOUS_TABLE', [
      ['two files of a store', up({ domain: 'Odd', tables: ['gamma'] }), /gamma\.csv and .*gamma\.parquet\. Remove/u],
    ]);
  });

  describe('of a table that could lead out of its store is refused', () => {
    areRefused('BAD_TABLE_NAME', [
      ['the folder above', file('../outside'), /"\.\.\/outside" can't be .*Use the convention key/u],
      ['a path of the machine', file('/etc/passwd'), /Use the convention key/u],
      ['a folder within', file('deltas/x'), /Use the convention key/u],
      ["another system's separator", file('x\\..\\..\\outside'), /Use the convention key/u],
    ]);
    areRefused('PATH_OUTSIDE_ROOT', [['a link', file('leading_out'), /Put the file itself into the folder/u]]);
    areRefused('QUERY_NOT_SUPPORTED', [
      ['a query', batch({ source: { connection: 'lake', query: 'q' } }), /Name a table of it/u],
    ]);
  });

  describe('of a store whose folder is missing is an error, and no table counts as without data (weakness 31)', () => {
    areRefused('STORE_NOT_FOUND', [
      ['to read', up({ store: 'gone' }), /gone failed: ENOENT\. Create the folder/u],
      ['to write, with the folder above', down({ store: 'nowhere' }), /Create the folder, or mend `path`/u],
    ]);
  });

  it('that is given twice for one batch is refused: the order would decide', async () => {
    const twice = [target, { ...target, name: 'Customers' }].map((name) => ({ target: name, source }));
    const refused = await refusal(tenant, ...batch({}, { tables: twice }));
    expect(refused.code).toBe('TITAN_REPEATED_TABLE');
    expect(refused.message).toMatch(/'Customers' is in the batch twice\. Send it once/u);
  });
});
