/** The three tables, with their files by convention key. */
export const TABLES = [
  { name: 'zip_codes', file: 'geo_zip_codes', key: 'zip_code' },
  { name: 'airports', file: 'geo_airports', key: 'iata' },
  { name: 'countries', file: 'geo_countries', key: 'cca3' },
] as const;
export type TableName = (typeof TABLES)[number]['name'];
