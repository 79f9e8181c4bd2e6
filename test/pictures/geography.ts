import { join } from 'node:path';
import { prepareData } from '../../examples/reference-data/demo/prepare-data.js';
import { readRows, writeRows, type Row } from '../../examples/reference-data/demo/csv.js';
import type { DomainDefinition } from '../../sandbox/titanrdm/index.js';

/** Tables made of the example's three, so that a picture shows a domain of a usual size. Key column first. */
const DERIVED: Record<string, { of: string; columns: string[] }> = {
  cities: { of: 'geo_zip_codes', columns: ['city', 'state'] },
  counties: { of: 'geo_zip_codes', columns: ['county', 'state'] },
  capitals: { of: 'geo_countries', columns: ['cca3', 'capital'] },
  currencies: { of: 'geo_countries', columns: ['currencies'] },
  regions: { of: 'geo_countries', columns: ['subregion', 'region'] },
};

/** Deployed in the domain, but the folder has no file of it. */
const WITHOUT_FILE = 'time_zones';

/** Writes the files of the domain to a folder and says which tables they are. */
export async function makeGeography(folder: string): Promise<DomainDefinition> {
  await prepareData(folder);
  const columnsOf: Record<string, string[]> = { [WITHOUT_FILE]: ['name', 'utc_offset'] };
  for (const table of ['airports', 'countries', 'zip_codes']) {
    const [first] = await readRows(join(folder, `geo_${table}.csv`));
    columnsOf[table] = Object.keys(first ?? {});
  }
  for (const [table, { of, columns }] of Object.entries(DERIVED)) {
    await writeRows(join(folder, `geo_${table}.csv`), distinct(await readRows(join(folder, `${of}.csv`)), columns));
    columnsOf[table] = columns;
  }
  return {
    name: 'Geography',
    abbreviation: 'geo',
    tables: Object.entries(columnsOf)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([table, columns]) => ({
        name: table,
        databaseTableName: table,
        columns: columns.map((name, index) => ({ name, dataType: 'varchar', primaryKey: index === 0 })),
      })),
  };
}

/** The rows that differ in their first column, which is the key. */
function distinct(rows: readonly Row[], columns: readonly string[]): Row[] {
  const [key = ''] = columns;
  const found = new Map<string, Row>();
  for (const row of rows) {
    const value = row[key] ?? '';
    if (value !== '' && !found.has(value))
      found.set(value, Object.fromEntries(columns.map((column) => [column, row[column] ?? null])));
  }
  return [...found.values()];
}
