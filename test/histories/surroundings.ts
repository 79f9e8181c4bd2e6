import { TidemarkError } from '../../contracts/errors.js';
import type { TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { defineSource } from '../../workers/index.js';

const columns = [
  { name: 'code', dataType: 'varchar', primaryKey: true },
  { name: 'name', dataType: 'varchar' },
];
const MANY = Array.from({ length: 24 }, (_, index) => `t${String(index).padStart(2, '0')}`);
const table = (name: string) => ({ name: name.toUpperCase(), databaseTableName: name, columns });

export const SANDBOX: TitanSandboxOptions = {
  branches: [{ name: 'main' }],
  domains: [
    { name: 'Customer', abbreviation: 'cust', tables: ['people', 'regions', 'absent'].map(table) },
    { name: 'Product', abbreviation: 'prod', tables: ['goods'].map(table) },
    { name: 'Wide', abbreviation: 'wide', tables: MANY.map(table) },
    { name: 'Compared', abbreviation: 'comp', tables: ['parts', 'absent'].map(table) },
  ],
  exportDelayMs: 100,
  importDelayMs: 100,
};

/** What the store `lake` holds before the first case. */
export const FILES: Record<string, string> = {
  'cust_people.csv': 'code,name\n1,Ann\n2,Bob\n',
  'cust_regions.csv': 'code,name\nN,North\n',
  'prod_goods.csv': 'code,name\n7,Nail\n',
  'comp_parts.csv': 'code,name\n1,Bolt\n2,Nut\n',
  'squad.csv': 'username,Locker\nbo.amberley,007\ncleo.amberley,008\nnobody,009\n',
  'bad.csv': 'code,name\n1,Ann\n1,Bob\n',
  ...Object.fromEntries(MANY.map((name) => [`wide_${name}.csv`, 'code,name\n1,one\n'])),
};

/** Events after which the recording server suggests to continue as new: the cases with 24 tables do, the others don't. */
export const SUGGEST_CONTINUE_AS_NEW_AFTER = 100;

/** Whether a source stands still. */
export const stuck = { is: false };

export const SOURCES = [
  defineSource('numbers', async function* (highWatermark, { tables: [table], options }) {
    if (table === undefined) return;
    for (let id = Number(highWatermark ?? 0) + 1; id <= Number(options['upTo']); id += 1) {
      if (id === options['failsAt']) throw new TidemarkError('The source is gone.', { code: 'GONE', retryable: false });
      if (id === options['standsStillAt']) {
        stuck.is = true;
        await new Promise(() => undefined);
      }
      yield { highWatermark: id, rows: [[table, [id]] as const] };
    }
  }),
];
