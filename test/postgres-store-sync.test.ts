import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanConventionDownloadInput, TitanConventionUploadInput } from '../contracts/titan-inputs.js';
import type {
  TitanConventionDownloadResult,
  TitanConventionUploadResult,
  TitanImportBatchResult,
} from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { openTestStore, type TestStore } from './support/postgres-store.js';
import { openTenant, type Tenant } from './support/tenant.js';

const DOMAIN = {
  name: 'Geography',
  abbreviation: 'geo',
  tables: [
    {
      name: 'Places',
      databaseTableName: 'places',
      columns: [
        { name: 'zip', dataType: 'varchar', length: 10, primaryKey: true },
        { name: 'name', dataType: 'varchar' },
        { name: 'people', dataType: 'integer' },
        { name: 'rate', dataType: 'numeric' },
        { name: 'open', dataType: 'boolean' },
        { name: 'since', dataType: 'date' },
        { name: 'seen', dataType: 'timestamp' },
      ],
    },
    {
      name: 'Regions',
      databaseTableName: 'regions',
      columns: [
        { name: 'id', dataType: 'integer', primaryKey: true },
        { name: 'label', dataType: 'varchar' },
      ],
    },
  ],
};
const HEADER = 'zip,name,people,rate,open,since,seen';
const PLACES = [
  HEADER,
  '00501,NA,9007199254740993,1.10,true,2026-02-28,2026-02-28 10:00:00+00',
  'x2,"",,,,,',
  'x3,,0,-0.10,false,1900-01-01,9999-12-31 00:00:00+00',
  'x4,"São ""Tomé"", \\. and',
  'beyond	🌍",1,100000000000000000000.000000000000000001,,,',
  'x5,null,-5,12.500,,,',
  '',
].join('\n');

let tenant: Tenant;
let warehouse: TestStore;
const base = { connection: 'tenant', branch: { name: 'main' }, domain: 'Geography', poll: { intervalSeconds: 0.05 } };

beforeAll(async () => {
  warehouse = await openTestStore();
  tenant = await openTenant({
    sandbox: { domains: [DOMAIN] },
    more: () => ({
      stores: {
        warehouse: warehouse.another({
          queries: { north: `SELECT id, upper(label) AS label FROM rdm.geo_regions WHERE label LIKE 'N%'` },
        }),
        soft: warehouse.another({ schema: 'soft', deletes: 'soft' }),
      },
    }),
  });
});
afterAll(async () => {
  await tenant.close();
  await warehouse.close();
});
beforeEach(async () => {
  tenant.sandbox.clearFaults();
  await tenant.put('geo_places.csv', PLACES);
  await tenant.put('geo_regions.csv', 'id,label\n1,North\n2,South\n');
  await upload({ store: 'lake' });
});

const upload = (input: Partial<TitanConventionUploadInput>): Promise<TitanConventionUploadResult> =>
  tenant.execute('titanConventionUpload', { ...base, store: 'warehouse', ...input });
const download = (input: Partial<TitanConventionDownloadInput> = {}): Promise<TitanConventionDownloadResult> =>
  tenant.execute('titanConventionDownload', { ...base, store: 'warehouse', ...input });
const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await warehouse.client.query<Record<string, unknown>>(sql)).rows;
const records = (key: string): Promise<unknown> => tenant.sandbox.rows(key);

describe('TitanRDM into PostgreSQL and back', () => {
  it('keeps every value: an upload of what was downloaded changes nothing', async () => {
    const before = await records('geo_places');
    const down = await download();
    expect(down.tables.map(({ table, rows, status, reference }) => ({ table, rows, status, reference }))).toEqual([
      { table: 'places', rows: 5, status: 'success', reference: { connection: 'warehouse', table: 'geo_places' } },
      { table: 'regions', rows: 2, status: 'success', reference: { connection: 'warehouse', table: 'geo_regions' } },
    ]);
    expect(down.tables[0]?.lastChange).toMatch(/^\d{4}-.*[+]00:00$/u);
    expect(
      await query('SELECT zip, name, people::text, rate::text, open, since::text FROM rdm.geo_places ORDER BY zip'),
    ).toEqual([
      { zip: '00501', name: 'NA', people: '9007199254740993', rate: '1.10', open: true, since: '2026-02-28' },
      { zip: 'x2', name: '', people: null, rate: null, open: null, since: null },
      { zip: 'x3', name: null, people: '0', rate: '-0.10', open: false, since: '1900-01-01' },
      {
        zip: 'x4',
        name: 'São "Tomé", \\. and\nbeyond\t🌍',
        people: '1',
        rate: '100000000000000000000.000000000000000001',
        open: null,
        since: null,
      },
      { zip: 'x5', name: 'null', people: '-5', rate: '12.500', open: null, since: null },
    ]);
    const up = await upload({});
    expect(up.tables.map(({ table, rows, status, counts }) => ({ table, rows, status, counts }))).toEqual([
      { table: 'places', rows: 5, status: 'success', counts: { inserted: 0, updated: 0, deleted: 0 } },
      { table: 'regions', rows: 2, status: 'success', counts: { inserted: 0, updated: 0, deleted: 0 } },
    ]);
    expect(await records('geo_places')).toEqual(before);
  });

  it('takes what SQL has changed up to TitanRDM', async () => {
    await download();
    await query(`UPDATE rdm.geo_regions SET label = '' WHERE id = 1; DELETE FROM rdm.geo_regions WHERE id = 2;
      INSERT INTO rdm.geo_regions (id, label) VALUES (3, NULL)`);
    const up = await upload({ tables: ['Regions'] });
    expect(up.tables[0]?.counts).toEqual({ inserted: 1, updated: 1, deleted: 1 });
    expect(await records('geo_regions')).toEqual([
      { id: '1', label: '' },
      { id: '3', label: null },
    ]);
  });

  it('says what the schema lacks, and what is empty', async () => {
    await query('DROP SCHEMA IF EXISTS rdm CASCADE');
    await query('CREATE SCHEMA rdm; CREATE TABLE rdm.geo_regions (id integer, label text)');
    const up = await upload({});
    expect(up.tables.map(({ status }) => status)).toEqual(['skipped (no source data)', 'skipped (empty)']);
  });

  it('sends a named query as a table', async () => {
    await download();
    const result = await tenant.execute<TitanImportBatchResult>('titanImportBatch', {
      connection: 'tenant',
      branch: { name: 'main' },
      tables: [
        {
          target: { domain: 'Geography', name: 'regions' },
          source: { connection: 'warehouse', query: 'north' },
          pattern: 'incremental_upsert_only',
        },
      ],
      poll: { intervalSeconds: 0.05 },
    });
    expect(result.tables[0]).toMatchObject({ status: 'success', rows: 1 });
    expect(await records('geo_regions')).toContainEqual({ id: '1', label: 'NORTH' });
  });

  it('leaves the table as it was when PostgreSQL refuses a value, and names its place', async () => {
    await download();
    const before = await query('SELECT * FROM rdm.geo_places ORDER BY zip');
    await tenant.put('geo_places.csv', `${HEADER}\n00501,Changed,,,,,\nx9,,,,,,2026-02-28 99:99:99\n`);
    await upload({ store: 'lake', tables: ['Places'] });
    const failed = await failureOf(download({ tables: ['Places'] }));
    expect(failed.code).toBe('POSTGRES_OUT_OF_RANGE');
    expect(failed.message).toMatch(/"geo_places", row \d, column "seen"/u);
    expect(failed.message).not.toContain('99:99');
    expect(await query('SELECT * FROM rdm.geo_places ORDER BY zip')).toEqual(before);
    expect(await readdir(tenant.spool)).toEqual([]);
  });

  it('receives again what was cut off on the way', async () => {
    await query('DROP TABLE IF EXISTS rdm.geo_places');
    tenant.sandbox.setFaults([{ kind: 'truncated', match: { route: 'download.get' }, times: 1 }]);
    await download();
    expect(await query('SELECT count(*)::int AS rows FROM rdm.geo_places')).toEqual([{ rows: 5 }]);
  });

  it('leaves the table as it was when the run is cancelled, and nobody waiting', async () => {
    await download();
    const before = await query('SELECT * FROM rdm.geo_regions ORDER BY id');
    await tenant.put('geo_regions.csv', 'id,label\n9,Later\n');
    await upload({ store: 'lake', tables: ['Regions'] });
    const blocker = await warehouse.database.connect();
    await blocker.query('BEGIN; LOCK TABLE rdm.geo_regions IN EXCLUSIVE MODE');
    const run = await tenant.start('titanConventionDownload', { ...base, store: 'warehouse', tables: ['Regions'] });
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await query(waiting)).length === 0) await sleep(20);
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    while ((await query(waiting)).length > 0) await sleep(20);
    await blocker.query('ROLLBACK');
    expect(await query('SELECT * FROM rdm.geo_regions ORDER BY id')).toEqual(before);
    expect(await readdir(tenant.spool)).toEqual([]);
  });
});

describe('incremental downloads into PostgreSQL', () => {
  const change = async (): Promise<void> => {
    await tenant.put('geo_regions.csv', 'id,label\n1,Nord\n3,East\n');
    await upload({ store: 'lake', tables: ['Regions'] });
  };
  const mark = (result: TitanConventionDownloadResult): string =>
    String(result.tables.find(({ table }) => table === 'regions')?.lastChange);

  it('bring the table to what a full one gives, the same again changes nothing', async () => {
    const first = await download();
    await change();
    const incremental = { pattern: 'incremental' as const, highWaterMark: mark(first), tables: ['Regions'] };
    const delta = await download(incremental);
    expect(delta.tables[0]?.reference).toEqual({ connection: 'warehouse', table: 'geo_regions' });
    const merged = await query('SELECT * FROM rdm.geo_regions ORDER BY id');
    expect(merged.map(({ id, label }) => [id, label])).toEqual([
      ['1', 'Nord'],
      ['3', 'East'],
    ]);
    await download(incremental);
    expect(await query('SELECT * FROM rdm.geo_regions ORDER BY id')).toEqual(merged);
    await download({ tables: ['Regions'] });
    expect(await query('SELECT * FROM rdm.geo_regions ORDER BY id')).toEqual(merged);
    // What came by deltas can go up again: no code and no tombstone is left in it.
    expect((await upload({ tables: ['Regions'] })).tables[0]?.counts).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });

  it('keep what was deleted where the connection says soft, and send none of it', async () => {
    const first = await download({ store: 'soft' });
    await change();
    await download({ store: 'soft', pattern: 'incremental', highWaterMark: mark(first), tables: ['Regions'] });
    expect(
      await query('SELECT id, label, tidemark_deleted_at IS NOT NULL AS gone FROM soft.geo_regions ORDER BY id'),
    ).toEqual([
      { id: '1', label: 'Nord', gone: false },
      { id: '2', label: 'South', gone: true },
      { id: '3', label: 'East', gone: false },
    ]);
    expect((await upload({ store: 'soft', tables: ['Regions'] })).tables[0]?.counts).toEqual({
      inserted: 0,
      updated: 0,
      deleted: 0,
    });
  });

  it('with histories add versions, and end with what a full history gives', async () => {
    const tables = ['Regions'];
    const first = await download({ includeHistory: true, tables });
    await change();
    const incremental = { pattern: 'incremental' as const, highWaterMark: mark(first), includeHistory: true, tables };
    await download(incremental);
    await download(incremental);
    const all = 'SELECT * FROM rdm.geo_regions ORDER BY trdm_record_id, trdm_created_at';
    const grown = await query(all);
    await query('DROP TABLE rdm.geo_regions');
    await download({ includeHistory: true, tables });
    expect(await query(all)).toEqual(grown);
    expect(grown.length).toBeGreaterThan(3);
    await query('DROP TABLE rdm.geo_regions');
  });
});
