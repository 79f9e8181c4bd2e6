import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { updateWatermarks } from '../activities/watermark/reach.js';
import type { TitanConventionUploadInput } from '../contracts/titan-inputs.js';
import type { TitanConventionUploadResult } from '../contracts/titan-results.js';
import { watermarkWorkflowId, type Watermarks } from '../contracts/watermark.js';
import { failureOf } from './support/outcome.js';
import { openTestStore, type TestStore } from './support/postgres-store.js';
import { openTenant, type Tenant } from './support/tenant.js';

const columns = [
  { name: 'id', dataType: 'integer', primaryKey: true },
  { name: 'label', dataType: 'varchar' },
  { name: 'seen', dataType: 'integer' },
];
const DOMAIN = {
  name: 'Geography',
  abbreviation: 'geo',
  tables: ['places', 'regions'].map((name) => ({ name: name.toUpperCase(), databaseTableName: name, columns })),
};

describe('an upload of what has changed, by a cursor column', () => {
  let tenant: Tenant;
  let warehouse: TestStore;
  const base = { connection: 'tenant', branch: { name: 'main' }, domain: 'Geography', poll: { intervalSeconds: 0.05 } };
  beforeAll(async () => {
    warehouse = await openTestStore();
    tenant = await openTenant({
      sandbox: { domains: [DOMAIN] },
      more: () => ({ stores: { warehouse: warehouse.another({}) } }),
    });
  });
  afterAll(async () => {
    await tenant.close();
    await warehouse.close();
  });
  beforeEach(async () => {
    await sql(`CREATE SCHEMA IF NOT EXISTS rdm`);
    for (const name of ['places', 'regions']) {
      await sql(`DROP TABLE IF EXISTS rdm.geo_${name}`);
      await sql(`CREATE TABLE rdm.geo_${name} (id integer PRIMARY KEY, label text, seen integer)`);
      await sql(`INSERT INTO rdm.geo_${name} VALUES (1, 'one', 1), (2, 'two', 2)`);
    }
  });
  afterEach(() => tenant.sandbox.clearFaults());

  const sql = (text: string) => warehouse.client.query(text);

  function newPipeline(more: Partial<TitanConventionUploadInput> = {}) {
    const pipeline = `up-${randomUUID()}`;
    const { client, taskQueue } = tenant.temporal;
    const input = {
      ...base,
      store: 'warehouse',
      pattern: 'incremental_upsert_only',
      incremental: { cursor: 'seen' },
      pipeline,
      ...more,
    };
    const handle = client.workflow.getHandle(watermarkWorkflowId(pipeline));
    return {
      run: (changes: Partial<TitanConventionUploadInput> = {}) =>
        tenant.execute<TitanConventionUploadResult>('titanConventionUpload', { ...input, ...changes }),
      marks: async () => {
        const held = await handle.query<Watermarks>('watermarks');
        return Object.fromEntries(Object.entries(held).map(([key, { value }]) => [key, value]));
      },
      reset: () =>
        updateWatermarks({ client, taskQueue, pipeline }, 'reset', { key: 'geo_places', by: 'ann', reason: 'anew' }),
    };
  }
  const sent = ({ tables }: TitanConventionUploadResult) => tables.map(({ status, rows }) => [status, rows]);
  const batches = () => tenant.sandbox.requestLog.filter(({ route }) => route === 'imports.new').length;

  it('sends everything at first, then only rows behind the mark of each table', async () => {
    const { run, marks } = newPipeline();
    expect(sent(await run())).toEqual([
      ['success', 2],
      ['success', 2],
    ]);
    expect(await marks()).toEqual({ geo_places: '2', geo_regions: '2' });
    await sql(`UPDATE rdm.geo_places SET label = 'eins', seen = 3 WHERE id = 1`);
    await sql(`INSERT INTO rdm.geo_places VALUES (3, 'three', 4)`);
    const second = await run();
    expect(sent(second)).toEqual([
      ['success', 2],
      ['skipped (empty)', 0],
    ]);
    expect(second.tables[0]?.watermark).toEqual({ from: '2', to: '4' });
    expect(await marks()).toEqual({ geo_places: '4', geo_regions: '2' });
    expect((await tenant.sandbox.rows('geo_places')).map(({ label }) => label).sort()).toEqual([
      'eins',
      'three',
      'two',
    ]);
  });

  it('begins no batch when nothing has changed, whatever an empty table means otherwise', async () => {
    const { run } = newPipeline({ onEmpty: 'send' });
    await run();
    const before = batches();
    const result = await run();
    expect(result.batch).toBeNull();
    expect(sent(result)).toEqual([
      ['skipped (empty)', 0],
      ['skipped (empty)', 0],
    ]);
    expect(batches()).toBe(before);
  });

  it('leaves the mark where it is until the server has processed the batch', async () => {
    const { run, marks } = newPipeline();
    await run({ tables: ['REGIONS'] });
    tenant.sandbox.setFaults([{ kind: 'importFailed', message: 'not today', match: { route: 'imports.complete' } }]);
    await failureOf(run());
    expect(await marks()).toEqual({ geo_regions: '2' });
    tenant.sandbox.clearFaults();
    expect(sent(await run())[0]).toEqual(['success', 2]);
    expect(await marks()).toEqual({ geo_places: '2', geo_regions: '2' });
  });

  it('sends rows within the lag again', async () => {
    const { run, marks } = newPipeline({ incremental: { cursor: 'seen', lag: 1 }, tables: ['PLACES'] });
    await run();
    expect(await marks()).toEqual({ geo_places: '1' });
    expect(sent(await run())).toEqual([['success', 1]]);
  });

  it('sends everything again after a reset', async () => {
    const { run, reset } = newPipeline({ tables: ['PLACES'] });
    await run();
    await reset();
    const result = await run();
    expect(sent(result)).toEqual([['success', 2]]);
    expect(result.tables[0]?.watermark?.note).toBe('reset by ann: anew');
    expect(sent(await run())).toEqual([['skipped (empty)', 0]]);
  });

  it('sends tables of another pattern whole', async () => {
    const { run, marks } = newPipeline({ patterns: { regions: 'full' } });
    await run();
    expect(sent(await run())).toEqual([
      ['skipped (empty)', 0],
      ['success', 2],
    ]);
    expect(await marks()).toEqual({ geo_places: '2' });
  });

  it('refuses a column that is not there, and rows that are in no order', async () => {
    const missing = await failureOf(newPipeline({ incremental: { cursor: 'sen' } }).run());
    expect(missing.code).toBe('INGEST_SOURCE_COLUMNS');
    expect(missing.message).toContain('seen');
    await sql(`INSERT INTO rdm.geo_places VALUES (4, 'four', NULL)`);
    expect((await failureOf(newPipeline().run())).code).toBe('INGEST_NULL_CURSORS');
  });

  it("refuses a store that can't tell what has changed", async () => {
    await tenant.put('geo_places.csv', 'id,label,seen\n1,one,1\n');
    expect((await failureOf(newPipeline({ store: 'lake' }).run())).code).toBe('CHANGES_NOT_SUPPORTED');
  });

  it.each([
    ['without a pipeline', { pipeline: undefined }],
    ['with a pattern that replaces', { pattern: 'full' as const }],
  ])('is refused %s', async (_, more) => {
    expect((await failureOf(newPipeline(more as Partial<TitanConventionUploadInput>).run())).code).toBe(
      'ValidationError',
    );
  });
});
