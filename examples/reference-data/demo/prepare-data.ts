import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRows, type Row } from './csv.js';

/** What we take of a country of the package `world-countries`. */
interface Country {
  cca2: string;
  cca3: string;
  ccn3: string;
  name: { common: string; official: string };
  capital: string[];
  region: string;
  subregion: string;
  independent: boolean | null;
  unMember: boolean;
  currencies: Record<string, unknown> | unknown[];
  languages: Record<string, string>;
  area: number;
  latlng: [number, number];
  flag: string;
}

/** Makes the folder of real tables from two packages of open data; data/README.md names their sources and licences. */
export async function prepareData(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const vega = fileURLToPath(new URL('../data/', import.meta.resolve('vega-datasets')));
  // As they are: not a byte is changed.
  await copyFile(join(vega, 'zipcodes.csv'), join(folder, 'geo_zip_codes.csv'));
  await copyFile(join(vega, 'airports.csv'), join(folder, 'geo_airports.csv'));

  const countriesFile = createRequire(import.meta.url).resolve('world-countries/countries.json');
  const countries = JSON.parse(await readFile(countriesFile, 'utf8')) as Country[]; // the package's own data, in its documented shape
  await writeRows(join(folder, 'geo_countries.csv'), countries.map(countryRow));
  await copyFile(join(dirname(countriesFile), 'LICENSE'), join(folder, 'LICENSE-world-countries.txt'));
}

function countryRow(country: Country): Row {
  const flag = (value: boolean | null) => (value === null ? null : String(value));
  return {
    cca3: country.cca3,
    cca2: country.cca2,
    ccn3: country.ccn3,
    name: country.name.common,
    official_name: country.name.official,
    // None at all is NULL; a text that is empty in the source stays an empty text.
    capital: country.capital.length === 0 ? null : country.capital.join(', '),
    region: country.region,
    subregion: country.subregion,
    independent: flag(country.independent),
    un_member: flag(country.unMember),
    currencies: Object.keys(country.currencies).join(', '),
    languages: Object.values(country.languages).join(', '),
    area: String(country.area),
    latitude: String(country.latlng[0]),
    longitude: String(country.latlng[1]),
    flag: country.flag,
  };
}
