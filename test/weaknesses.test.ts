import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TitanRdmClient } from '../connectors/titanrdm/index.js';
import type { TitanConventionDownloadResult, TitanConventionUploadResult } from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { RawClient } from './support/sandbox-http.js';
import { CUSTOMER_DOMAIN, openTenant, type Tenant } from './support/tenant.js';
import { numbersIn, WEAKNESSES } from './support/weaknesses.js';

describe('each weakness of the existing client', () => {
  it('is in the list, from 1 to 37', () => {
    expect(WEAKNESSES.map(([number]) => number)).toEqual(Array.from({ length: 37 }, (_, index) => index + 1));
  });

  it.each(WEAKNESSES)('%d, that %s, is named by a test in %j', async (number, _, files) => {
    for (const file of files) expect([file, ...(await numbersIn(file))]).toContain(number);
  });
});

let tenant: Tenant;
let from = 0;
const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.05 } };
const up = (more: object = {}) =>
  tenant.execute<TitanConventionUploadResult>('titanConventionUpload', {
    ...base,
    domain: 'Customer',
    store: 'lake',
    ...more,
  });
const down = (more: object = {}) =>
  tenant.execute<TitanConventionDownloadResult>('titanConventionDownload', {
    ...base,
    domain: 'Customer',
    store: 'landing',
    ...more,
  });
/** Routes of the calls that the test has made, in their order. */
const routes = (): string[] => tenant.sandbox.requestLog.slice(from).map(({ route }) => route);

beforeAll(async () => {
  const id = [{ name: 'id', dataType: 'integer', primaryKey: true }];
  const units = {
    name: 'Units',
    abbreviation: 'u',
    tables: [
      { name: 'Org', databaseTableName: 'org/unit', columns: id },
      { name: 'Unit', databaseTableName: 'unit', columns: id },
    ],
  };
  tenant = await openTenant({ sandbox: { domains: [CUSTOMER_DOMAIN, units] } });
});
beforeEach(async () => {
  await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
  await tenant.put('cust_regions.csv', 'id,label\n1,North\n2,South\n');
  from = tenant.sandbox.requestLog.length;
});
afterEach(() => {
  tenant.sandbox.clearFaults();
  tenant.sandbox.configure({ exportDelayMs: 0, importDelayMs: 0 });
});
afterAll(() => tenant.close());

describe('ours', () => {
  it('1: a download is handed on as it comes: while nobody reads, the rest stays with the server', async () => {
    const rows = Array.from({ length: 6_000 }, (_, row) => `C${row},${'x'.repeat(3_000)},1\n`);
    await tenant.put('cust_customers.csv', `code,name,zip\n${rows.join('')}`);
    await up({ tables: ['customers'] });
    const { url, clientId, clientSecret } = tenant.sandbox;
    const client = new TitanRdmClient({ url, clientId, clientSecret });
    const raw = new RawClient(tenant.sandbox);
    await raw.signIn();
    const { id } = await raw.exported((await raw.startExport('customers')).json.id);
    let received = 0;
    const stream = await client.downloadExport(id, { onProgress: (soFar) => void (received = soFar) });
    await stream[Symbol.asyncIterator]().next();
    await settled(() => received);
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan((6_000 * 3_000) / 4);
    stream.destroy();
    client.close();
  });

  it('11: exports are all under way before the first one is fetched, uploads go side by side; results keep their order', async () => {
    // The first table's file waits until the second table has been confirmed.
    tenant.sandbox.setFaults([
      { kind: 'slow', match: { route: 'upload.put', table: 'cust_customers' }, delayMs: 1_500 },
    ]);
    const sent = await up();
    const confirmed = tenant.sandbox.requestLog
      .slice(from)
      .filter(({ route }) => route === 'import_tables.upload_complete');
    expect(confirmed.map(({ path: address }) => Number(/\d+/u.exec(address)?.[0]))).toEqual(
      sent.tables.map(({ importTables }) => Number(importTables?.[0]?.id)).reverse(),
    );
    expect(sent.tables.map(({ table }) => table)).toEqual(['customers', 'regions']);

    tenant.sandbox.configure({ exportDelayMs: 1_000 });
    from = tenant.sandbox.requestLog.length;
    const received = await down();
    expect(routes().lastIndexOf('exports.new')).toBeLessThan(routes().indexOf('download.get'));
    expect(received.tables.map(({ table }) => table)).toEqual(['customers', 'regions']);
  });

  it('11: no more tables at a time than are asked for', async () => {
    await up({ concurrency: 1 });
    const steps = routes().filter((route) => /^(import_tables|upload)\./u.test(route));
    const one = ['import_tables.new', 'upload.put', 'import_tables.upload_complete'];
    expect(steps).toEqual([...one, ...one]);
  });

  it('14: success waits for the end of the processing, and has its counts', async () => {
    tenant.sandbox.configure({ importDelayMs: 400 });
    await tenant.put('cust_regions.csv', 'id,label\n1,Changed\n3,East\n');
    const result = await up({ tables: ['regions'] });
    expect(result.tables[0]).toMatchObject({ status: 'success', counts: { inserted: 1, updated: 1, deleted: 1 } });
    expect(routes().filter((route) => route === 'imports.get').length).toBeGreaterThan(2);
  });

  it('20: the error of the upload is the one that is told, though reporting it fails as well', async () => {
    tenant.sandbox.setFaults([
      { kind: 'status', status: 400, match: { route: 'upload.put' }, message: 'MalformedFile' },
      { kind: 'unauthorized', match: { route: 'import_tables.upload_failed' } },
    ]);
    const failed = await failureOf(up({ tables: ['regions'] }));
    expect(failed.code).toBe('TITAN_UPLOAD_REFUSED');
    expect(failed.message).toContain('MalformedFile');
    expect(tenant.sandbox.faultLog.at(-1)).toMatchObject({ kind: 'unauthorized' });
  });

  it('28: each table has a correlation code of its own, made from the one that was given', async () => {
    const raw = new RawClient(tenant.sandbox);
    await raw.signIn();
    const sent = await up({ correlationCode: 'night-7' });
    const listed = (await raw.get(`/api/v1/imports/${sent.batch?.id}`)).text;
    const codes = sent.tables.map(({ importTables }) => importTables?.[0]?.correlationCode ?? '');
    expect(sent.batch?.correlationCode).toBe('night-7');
    for (const [index, code] of codes.entries()) {
      expect(code).toMatch(new RegExp(`^night-7:${sent.tables[index]?.table}:titanConventionUpload-`, 'u'));
      expect(listed).toContain(code);
    }
    const received = await down({ correlationCode: 'night-7' });
    for (const { table, export: made } of received.tables) {
      expect(made?.correlationCode).toMatch(new RegExp(`^night-7:${table}:titanConventionDownload-`, 'u'));
      expect((await raw.get(`/api/exports/${made?.id}`)).text).toContain(made?.correlationCode);
    }
  });

  it('29: the error of a table keeps its code and the status of the reply', async () => {
    tenant.sandbox.setFaults([
      {
        kind: 'status',
        status: 422,
        match: { route: 'exports.new', table: 'cust_regions' },
        message: 'no such column',
      },
    ]);
    const [customers, regions] = (await down({ onTableError: 'completeOthers' })).tables;
    expect(customers?.status).toBe('success');
    expect(regions?.error).toMatchObject({ code: 'TITAN_INVALID', httpStatus: 422, retryable: false });
    expect(regions?.status).toBe(`error: ${regions?.error?.message}`);
  });

  it('31: a table that cannot be written is the one that is blamed, not another whose name ends alike', async () => {
    const { tables } = await down({ domain: 'Units', onTableError: 'completeOthers' });
    expect(tables.map(({ table, error }) => [table, error?.code])).toEqual([
      ['org/unit', 'BAD_TABLE_NAME'],
      ['unit', undefined],
    ]);
    expect((await readdir(tenant.landing)).filter((name) => name.startsWith('u_'))).toEqual(['u_unit.csv']);
  });

  it('32: branch, domain and tables are looked up once for a sync, either way', async () => {
    const lookups = ['branches.list', 'deployed_tables.list', 'domains.list'];
    await up();
    expect(
      routes()
        .filter((route) => lookups.includes(route))
        .sort(),
    ).toEqual(lookups);
    from = tenant.sandbox.requestLog.length;
    await down();
    expect(
      routes()
        .filter((route) => lookups.includes(route))
        .sort(),
    ).toEqual(lookups);
    expect(routes()).not.toContain('deployed_tables.lookup');
  });

  it('33: a download says the latest change that it holds, which the next one takes as its mark', async () => {
    await up();
    const { lastChange } = (await down({ tables: ['regions'] })).tables[0] ?? {};
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n2,South\n9,Nine\n');
    await up({ tables: ['regions'] });
    await down({ tables: ['regions'], pattern: 'incremental', highWaterMark: lastChange });
    const [delta = ''] = await readdir(path.join(tenant.landing, 'deltas'));
    expect(await tenant.got(path.join('deltas', delta))).toMatch(/^9,Nine,/mu);
  });
});

const LIBRARY = ['workflows', 'activities', 'connectors', 'contracts'];
const ROOMS = [...LIBRARY, 'workers', 'cli', 'sandbox'];

async function sources(rooms: readonly string[]): Promise<string[]> {
  const entries = await Promise.all(rooms.map((room) => readdir(room, { recursive: true, withFileTypes: true })));
  const files = entries.flat().filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), 'utf8')));
}

describe('our sources', () => {
  it('30: no part of the library writes to standard output', async () => {
    const library = await sources(LIBRARY);
    expect(library.filter((text) => /console\.|process\.std(out|err)/u.test(text))).toEqual([]);
  });

  it('34: every library that is required is used, and none of them talks to an object store', async () => {
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const all = (await sources(ROOMS)).join('\n');
    // Our declarations name the types of libraries that bring none: who uses them needs those packages too.
    const names = Object.keys(dependencies).map((name) => name.replace(/^@types\//u, ''));
    expect(names.filter((name) => !new RegExp(`from '${name}|import\\('${name}`, 'u').test(all))).toEqual([]);
    expect(names.filter((name) => /aws|s3|azure|gcs|minio|cloud/iu.test(name))).toEqual([]);
  });
});

/** Waits until a number no longer changes. */
async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read();) {
    before = read();
    await sleep(150);
  }
}
