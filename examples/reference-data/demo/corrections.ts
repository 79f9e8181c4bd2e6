import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRows, writeRows, type Row } from './csv.js';
import { TABLES, type TableName } from './tables.js';

/** Column that says what becomes of a row under `incremental_with_delete`. */
const CODE = 'trdm_tran_code';

interface Correction {
  deleted: readonly string[];
  /** By key: the columns that change. */
  updated: Readonly<Record<string, Row>>;
  inserted: readonly Row[];
}

const CORRECTIONS: Record<TableName, Correction> = {
  zip_codes: {
    deleted: ['00544', '99950'],
    updated: {
      '00501': { city: 'Holtsville, NY', county: 'Suffolk "County"' },
      '02134': { county: '' },
      '10001': { latitude: '40.7500' },
    },
    inserted: [
      { zip_code: '00000', latitude: null, longitude: null, city: 'Nowhere', state: null, county: '' },
      {
        zip_code: '09999',
        latitude: '0.10',
        longitude: '-0.10',
        city: 'São Tomé\nand beyond',
        state: 'XX',
        county: 'NULL',
      },
    ],
  },
  airports: {
    deleted: ['00M', '00R'],
    updated: { CLD: { city: 'Carlsbad', state: 'CA' }, ATL: { name: 'Hartsfield-Jackson, "The World\'s Busiest"' } },
    inserted: [
      {
        iata: '0007',
        name: 'Tidemark Field',
        city: 'NA',
        state: 'NA',
        country: 'USA',
        latitude: '1.10',
        longitude: '9007199254740993',
      },
    ],
  },
  countries: {
    deleted: ['ATA'],
    updated: { NAM: { capital: 'Windhoek (corrected)' }, UNK: { ccn3: null }, AFG: { independent: null } },
    inserted: [
      {
        ...{
          cca3: 'XTM',
          cca2: 'XT',
          ccn3: '000',
          name: 'Tidemark Island',
          official_name: '',
          capital: null,
          region: 'Oceania',
        },
        ...{ subregion: null, independent: 'false', un_member: 'false', currencies: '', languages: 'English, Tidal' },
        ...{ area: '0.50', latitude: '-0.1', longitude: '179.999', flag: '🌊' },
      },
    ],
  },
};

/** What a table must hold when all is done, and how many rows were changed. */
export interface Corrected {
  rows: Map<string, Row>;
  inserted: number;
  updated: number;
  deleted: number;
}

/** Writes the corrections of each table to a folder of its own, and says what must come of them. */
export async function makeCorrections(data: string, changes: string): Promise<Record<TableName, Corrected>> {
  await mkdir(changes, { recursive: true });
  const corrected = TABLES.map(async ({ name, file, key }) => {
    const rows = new Map((await readRows(join(data, `${file}.csv`))).map((row) => [keyOf(row, key), row]));
    const { deleted, updated, inserted } = CORRECTIONS[name];
    const present = (value: string): Row => {
      const row = rows.get(value);
      if (row === undefined) throw new Error(`${file} has no ${key} ${value}: the data is not what this example knows`);
      return row;
    };
    const changed = Object.entries(updated).map(([value, columns]) => ({ ...present(value), ...columns }));
    const lines = [
      ...deleted.map((value) => ({ ...present(value), [CODE]: 'd' })),
      ...changed.map((row) => ({ ...row, [CODE]: 'u' })),
      ...inserted.map((row) => ({ ...row, [CODE]: 'i' })),
    ];
    await writeRows(join(changes, `${file}.csv`), lines);
    for (const value of deleted) rows.delete(value);
    for (const row of [...changed, ...inserted]) rows.set(keyOf(row, key), row);
    return [name, { rows, inserted: inserted.length, updated: changed.length, deleted: deleted.length }] as const;
  });
  // fromEntries forgets that every table is there.
  return Object.fromEntries(await Promise.all(corrected)) as Record<TableName, Corrected>;
}

export function keyOf(row: Row, key: string): string {
  const value = row[key];
  if (value === null || value === undefined) throw new Error(`a row has no ${key}`);
  return value;
}
