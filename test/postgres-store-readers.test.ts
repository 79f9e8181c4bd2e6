import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TitanConventionDownloadResult } from '../contracts/titan-results.js';
import { openTestStore, type TestStore } from './support/postgres-store.js';
import { openTenant, type Tenant } from './support/tenant.js';

const DOMAIN = {
  name: 'Geography',
  abbreviation: 'geo',
  tables: [
    {
      name: 'Regions',
      databaseTableName: 'regions',
      columns: [
        { name: 'id', dataType: 'integer', primaryKey: true },
        { name: 'label', dataType: 'varchar' },
        { name: 'spot', dataType: 'geography' },
      ],
    },
  ],
};
const ROWS = 2_000;

let tenant: Tenant;
let warehouse: TestStore;

beforeAll(async () => {
  warehouse = await openTestStore();
  tenant = await openTenant({
    sandbox: { domains: [DOMAIN] },
    more: () => ({ stores: { warehouse: warehouse.store } }),
  });
});
afterAll(async () => {
  await tenant.close();
  await warehouse.close();
});

const base = { connection: 'tenant', branch: { name: 'main' }, domain: 'Geography', poll: { intervalSeconds: 0.05 } };
const download = (): Promise<TitanConventionDownloadResult> =>
  tenant.execute('titanConventionDownload', { ...base, store: 'warehouse' });
const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await warehouse.client.query<Record<string, unknown>>(sql)).rows;

async function relabel(label: string): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, index) => `${index},${label},\n`);
  await tenant.put('geo_regions.csv', `id,label,spot\n${rows.join('')}`);
  await tenant.execute('titanConventionUpload', { ...base, store: 'lake' });
}

it('readers see the whole old table or the whole new one, in the table and through a view, while it is replaced and rebuilt', async () => {
  await relabel('a');
  const first = await download();
  expect(first.tables[0]?.warnings).toEqual([
    'Kept as text, since PostgreSQL has no counterpart of the data type: "spot" (geography).',
  ]);
  await query('CREATE VIEW rdm.seen AS SELECT label, id FROM rdm.geo_regions');
  const reader = await warehouse.database.connect();
  const seen = new Set<string>();
  const over = new AbortController();
  const polling = (async () => {
    for (let turn = 0; !over.signal.aborted; turn += 1) {
      const from = turn % 2 === 0 ? 'rdm.geo_regions' : 'rdm.seen';
      const { rows } = await reader.query(`SELECT label, count(*)::int AS rows FROM ${from} GROUP BY label`);
      seen.add(JSON.stringify(rows));
    }
  })();
  for (const label of ['b', 'c']) {
    await relabel(label);
    // The second time the table is built anew, since a column has gone astray.
    if (label === 'c') await query('ALTER TABLE rdm.geo_regions ADD COLUMN stray text');
    await download();
  }
  over.abort();
  await polling;
  const whole = ['a', 'b', 'c'].map((label) => JSON.stringify([{ label, rows: ROWS }]));
  expect([...seen].filter((each) => !whole.includes(each))).toEqual([]);
  expect(seen.size).toBeGreaterThan(1);
  expect(await query('SELECT count(*)::int AS rows, min(label) AS label FROM rdm.seen')).toEqual([
    { rows: ROWS, label: 'c' },
  ]);
  expect(await text((await warehouse.store.read('geo_regions'))!.stream)).not.toContain('stray');
});
