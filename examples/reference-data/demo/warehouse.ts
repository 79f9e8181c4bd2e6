import type { Connections } from 'tidemark/plugins';
import type { Corrected } from './corrections.js';
import type { Row } from './csv.js';
import type { TableName } from './tables.js';

interface Change {
  sql: string;
  table: TableName;
  /** What it makes of the rows that are expected in the end. */
  apply: (rows: Map<string, Row>) => void;
}

const CHANGES: readonly Change[] = [
  {
    sql: `UPDATE geography.geo_countries SET capital = 'Wellington, by SQL' WHERE cca3 = 'NZL'`,
    table: 'countries',
    apply: (rows) => rows.set('NZL', { ...rows.get('NZL'), capital: 'Wellington, by SQL' }),
  },
  {
    sql: `DELETE FROM geography.geo_airports WHERE iata = '00V'`,
    table: 'airports',
    apply: (rows) => rows.delete('00V'),
  },
  {
    sql: `INSERT INTO geography.geo_zip_codes (zip_code, latitude, city, county) VALUES ('00001', 1.50, 'NA', '')`,
    table: 'zip_codes',
    apply: (rows) =>
      rows.set('00001', { zip_code: '00001', latitude: '1.50', longitude: null, city: 'NA', state: null, county: '' }),
  },
];

/** What a colleague might do meanwhile. Returns the statements; `expected` holds afterwards what they make of it. */
export async function changeBySql(
  { databases: { warehouse } }: Connections,
  expected: Record<TableName, Pick<Corrected, 'rows'>>,
): Promise<string[]> {
  if (warehouse === undefined) throw new Error('tidemark.yaml has no PostgreSQL "warehouse"');
  await warehouse.client.transaction(async (client) => {
    for (const { sql } of CHANGES) await client.query(sql);
  });
  for (const { table, apply } of CHANGES) apply(expected[table].rows);
  return CHANGES.map(({ sql }) => sql);
}
