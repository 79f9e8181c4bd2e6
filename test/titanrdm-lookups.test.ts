import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanRdmClient } from '../connectors/titanrdm/index.js';
import { type Play, type ScriptedServer, startScriptedServer } from './support/scripted-server.js';
import { failure, quickClient } from './support/titan-client.js';

let server: ScriptedServer;
let client: TitanRdmClient;

/** A list as the server keeps it: paged, and filtered by `q=field:eq:value` unless `deaf`. */
function list(entries: Record<string, unknown>[], how: { deaf?: true; noMeta?: true; endless?: true } = {}): Play {
  return ({ query }) => {
    const [field = '', , value] = (query['q'] ?? '').split(':');
    const isHit = (entry: Record<string, unknown>): boolean => String(entry[field]) === value;
    const hits = how.deaf === true || value === undefined ? entries : entries.filter(isHit);
    const size = Number(query['per_page']);
    const start = how.endless === true ? 0 : (Number(query['page']) - 1) * size;
    const meta = { total_pages: how.endless === true ? 1_000_000 : Math.ceil(hits.length / size) };
    return { json: { data: hits.slice(start, start + size), ...(how.noMeta === true ? {} : { meta }) } };
  };
}

const domains = (count: number): { id: number; name: string; abbreviation: string }[] =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, name: `Domain ${i + 1}`, abbreviation: `d${i + 1}` }));

beforeEach(async () => {
  server = await startScriptedServer();
  client = quickClient(server.url, { pageSize: 10 });
});

afterEach(async () => {
  client.close();
  await server.close();
});

describe('lists', () => {
  it.each([
    ['page after page', {}],
    ['when the server does not say how many pages there are', { noMeta: true } as const],
  ])('are read to their end %s', async (_when, how) => {
    server.on('GET /api/v1/domains', list(domains(30), how));
    expect((await client.listDomains()).map(({ id }) => id)).toEqual(domains(30).map(({ id }) => String(id)));
  });

  it.each([
    { json: {} },
    { json: { meta: { total_pages: 0 } } },
    { json: { data: null, meta: { total_pages: null } } },
    { json: { data: [], meta: null } },
  ])('are empty when the reply is %j', async (step) => {
    server.on('GET /api/v1/domains', step);
    expect(await client.listDomains()).toEqual([]);
  });

  it('of another shape are an error, not an empty list', async () => {
    server.on('GET /api/v1/domains', { json: { domains: [] } });
    const error = await failure(client.listDomains());
    expect(error.code).toBe('TITAN_UNEXPECTED_REPLY');
    expect(error.message).toContain('the whole: expected data or meta');
  });

  it('end when a server repeats itself for ever', async () => {
    server.on('GET /api/v1/domains', list(domains(10), { endless: true }));
    expect(await client.listDomains()).toHaveLength(10);
    expect(server.to('GET /api/v1/domains')).toHaveLength(2);
  });

  it('keep an entry once that moved to the next page meanwhile', async () => {
    const [first, second] = domains(2);
    const meta = { total_pages: 2 };
    server.on('GET /api/v1/domains', { json: { data: [first], meta } }, { json: { data: [first, second], meta } });
    expect((await client.listDomains()).map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('of tables hold only those of the domain, though the server ignores the filter', async () => {
    const table = (id: number, domain: number) => ({
      id,
      key: `key-${id}`,
      name: `T${id}`,
      database_table_name: `t${id}`,
      domain: { id: domain, name: 'd', abbreviation: 'd' },
    });
    server.on('GET /api/v1/deployed_table_definitions', list([table(1, 5), table(2, 6), table(3, 5)]));
    const tables = await client.listDeployedTables({ branchId: 1, domainId: 5 });
    expect(tables.map(({ id }) => id)).toEqual(['1', '3']);
    expect(server.to('GET /api/v1/deployed_table_definitions')[0]?.query).toMatchObject({
      branch_id: '1',
      domain_id: '5',
    });
  });
});

describe('weakness 17: finding by name', () => {
  const odd = ['a:b', 'a,b', 'x & y=z?', '100% "real"', "o'brien", 'ümläut 東京', 'a:eq:b'];

  it.each(odd)('finds exactly %s', async (name) => {
    server.on(
      'GET /api/v1/domains',
      list([...odd, 'other'].map((each, id) => ({ id, name: each, abbreviation: 'x' }))),
    );
    expect((await client.findDomain(name)).name).toBe(name);
  });

  it('compares again what a server returns that ignores or loosens its filter', async () => {
    const named = ['Customers (old)', 'customers', 'Customers'].map((name, id) => ({ id, name, abbreviation: 'x' }));
    server.on('GET /api/v1/domains', list(named, { deaf: true }));
    expect((await client.findDomain('Customers')).id).toBe('2');
  });

  it('asks the server to filter where the name is harmless', async () => {
    server.on('GET /api/v1/domains', list(domains(50)));
    expect((await client.findDomain('Domain 33')).id).toBe('33');
    expect(server.to('GET /api/v1/domains').map(({ query }) => query['q'])).toEqual(['name:eq:Domain 33']);
  });

  it('an unknown domain is TITAN_UNKNOWN_DOMAIN with the near names', async () => {
    server.on('GET /api/v1/domains', list([{ id: 1, name: 'Customers', abbreviation: 'cust' }]));
    const error = await failure(client.findDomain('Custmers'));
    expect(error).toMatchObject({ code: 'TITAN_UNKNOWN_DOMAIN', retryable: false });
    expect(error.message).toContain('"Custmers". Near names: "Customers".');
  });

  it('two domains of one name are TITAN_AMBIGUOUS_DOMAIN with their ids', async () => {
    const twins = [4, 5].map((id) => ({ id, name: 'Twin', abbreviation: `t${id}` }));
    server.on('GET /api/v1/domains', list(twins));
    const error = await failure(client.findDomain('Twin'));
    expect(error.code).toBe('TITAN_AMBIGUOUS_DOMAIN');
    expect(error.message).toContain('4 (t4), 5 (t5)');
  });
});

describe('finding a branch', () => {
  const branches = [
    { id: 1, name: 'dev', owner: { id: 7, email: 'Ann@example.com' } },
    { id: 2, name: 'dev', owner_id: 8 },
    { id: 3, name: 'main' },
  ];
  beforeEach(() => server.on('GET /api/v1/branches', list(branches)));

  it.each([
    ['main', undefined, '3'],
    ['dev', 7, '1'],
    ['dev', '7', '1'],
    ['dev', 'ann@example.com', '1'],
    ['dev', 8, '2'],
  ])('%s of the owner %j is branch %s', async (name, owner, id) => {
    expect((await client.findBranch(name, owner)).id).toBe(id);
  });

  it('a name that several owners use is TITAN_AMBIGUOUS_BRANCH, which lists them', async () => {
    const error = await failure(client.findBranch('dev'));
    expect(error.code).toBe('TITAN_AMBIGUOUS_BRANCH');
    expect(error.message).toContain('Ann@example.com (branch 1), 8 (branch 2)');
  });

  it.each([
    ['dve', undefined, 'Near names: "dev"'],
    ['dev', 99, 'owners: Ann@example.com (branch 1), 8 (branch 2)'],
  ])('%s of the owner %j is TITAN_UNKNOWN_BRANCH', async (name, owner, said) => {
    const error = await failure(client.findBranch(name, owner));
    expect(error.code).toBe('TITAN_UNKNOWN_BRANCH');
    expect(error.message).toContain(said);
  });

  it('an unknown id is TITAN_UNKNOWN_BRANCH', async () => {
    server.on('GET /api/v1/branches/99', { status: 404, json: { error: 'Not found' } });
    expect((await failure(client.getBranch(99))).code).toBe('TITAN_UNKNOWN_BRANCH');
  });
});

describe('looking up a deployed table', () => {
  const LOOKUP = 'GET /api/v1/deployed_table_definitions/lookup';
  const table = { id: 4, key: 'AB-12', name: 'Customers', database_table_name: 'customers' };
  const column = (name: string, order: number, extra = {}) => ({
    name,
    display_order: order,
    data_type: 'varchar',
    ...extra,
  });

  it.each(['deployed_column_definitions', 'column_definitions'])(
    'reads the live columns in order from %s',
    async (field) => {
      const columns = [
        column('b', 2),
        column('gone', 0, { is_deleted: true }),
        column('a', 1, { is_primary_key: true }),
      ];
      server.on(LOOKUP, { json: { ...table, [field]: columns } });
      const found = await client.lookupDeployedTable({ branchId: 1, key: 'ab-12' });
      expect(found.columns.map(({ name, is_primary_key }) => [name, is_primary_key])).toEqual([
        ['a', true],
        ['b', false],
      ]);
      expect(server.to(LOOKUP)[0]?.query).toEqual({ key: 'ab-12', branch_id: '1' });
    },
  );

  it('takes an id for a key, as some examples do', async () => {
    server.on(LOOKUP, { json: table });
    expect((await client.lookupDeployedTable({ branchId: 1, key: '4' })).key).toBe('AB-12');
  });

  it('a reply about another table is TITAN_UNEXPECTED_REPLY', async () => {
    server.on(LOOKUP, { json: table });
    expect((await failure(client.lookupDeployedTable({ branchId: 1, key: 'CD-34' }))).code).toBe(
      'TITAN_UNEXPECTED_REPLY',
    );
  });

  it('an unknown key is TITAN_UNKNOWN_TABLE', async () => {
    server.on(LOOKUP, { status: 404, json: { message: 'nope' } });
    expect((await failure(client.lookupDeployedTable({ branchId: 1, key: 'x' }))).code).toBe('TITAN_UNKNOWN_TABLE');
  });
});

describe('import mappings', () => {
  const MAPPINGS = 'GET /api/v1/table_definitions/4/import_mappings';
  const mapping = (id: number, key: string, isDefault?: boolean) => ({ id, key, name: key, is_default: isDefault });

  it('the default one is found, though the server ignores the filter', async () => {
    server.on(MAPPINGS, list([mapping(1, 'a', false), mapping(2, 'b', true)], { deaf: true }));
    expect((await client.defaultImportMapping(4)).key).toBe('b');
    expect(server.to(MAPPINGS)[0]?.query['q']).toBe('is_default:eq:true');
  });

  it('one that does not say whether it is the default is taken when it is the only answer', async () => {
    server.on(MAPPINGS, list([mapping(1, 'a')], { deaf: true }));
    expect((await client.defaultImportMapping(4)).key).toBe('a');
  });

  it.each([
    ['none', []],
    ['only another', [mapping(1, 'a', false)]],
    ['several that do not say', [mapping(1, 'a'), mapping(2, 'b')]],
  ])('TITAN_MISSING_MAPPING when there is %s', async (_what, found) => {
    server.on(MAPPINGS, list(found, { deaf: true }));
    expect(await failure(client.defaultImportMapping(4))).toMatchObject({
      code: 'TITAN_MISSING_MAPPING',
      retryable: false,
    });
  });

  it('TITAN_AMBIGUOUS_MAPPING when several are marked as the default', async () => {
    server.on(MAPPINGS, list([mapping(1, 'a', true), mapping(2, 'b', true)]));
    expect((await failure(client.defaultImportMapping(4))).code).toBe('TITAN_AMBIGUOUS_MAPPING');
  });

  it('one is found by its exact key', async () => {
    server.on(MAPPINGS, list([mapping(1, 'k-10'), mapping(2, 'k-1')], { deaf: true }));
    expect((await client.importMappingByKey(4, 'K-1')).id).toBe('2');
    expect((await failure(client.importMappingByKey(4, 'k-2'))).code).toBe('TITAN_MISSING_MAPPING');
  });
});
