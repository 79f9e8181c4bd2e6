import { Random } from './random.js';

/** The seven columns of every benchmark, with types as TitanRDM's deployed definitions name them. */
export const COLUMNS = [
  { name: 'id', dataType: 'bigint', primaryKey: true },
  { name: 'note', dataType: 'varchar' },
  { name: 'amount', dataType: 'numeric' },
  { name: 'changed_at', dataType: 'timestamp' },
  { name: 'active', dataType: 'boolean' },
  { name: 'name', dataType: 'varchar' },
  { name: 'attributes', dataType: 'json' },
] as const;

/** Of every file, with its line break. */
export const HEADER = `${COLUMNS.map(({ name }) => name).join(',')}\n`;

/**
 * Pieces of text that tables get wrong. A lone carriage return is left out: the peer writes it unquoted, so its file would be
 * refused and there would be nothing to compare.
 */
const AWKWARD = [
  'comma, comma',
  'a "quoted" word',
  '""',
  'line\nbreak',
  'windows\r\nbreak',
  'tab\there',
  '  spaces  ',
  "it's",
  'back\\slash',
  '\\N',
  'NA',
  'null',
  '00501',
  '9007199254740993',
  '1.10',
  'true',
  '=SUM(A1)',
  '%_;--',
  'Zürich',
  'Ελλάδα',
  '東京都',
  'مرحبا',
  'e\u0301',
  '🙂🏔️',
] as const;

const WORDS = [
  ...['amber', 'basalt', 'cedar', 'delta', 'ember', 'fjord', 'garnet', 'harbor', 'indigo', 'juniper', 'kelp', 'lagoon'],
  ...[
    'meadow',
    'nectar',
    'onyx',
    'prairie',
    'quartz',
    'reef',
    'saffron',
    'tundra',
    'umber',
    'valley',
    'willow',
    'zephyr',
  ],
] as const;

/** Rows to a chunk: large enough that writing is not bound by calls, small enough that nothing grows. */
const ROWS_PER_CHUNK = 1_000;

/** Key of the first row: needs more than 32 bits. */
export const FIRST_ID = 4_000_000_000;

/**
 * CSV of `rows` rows, about 188 bytes each, header first: deterministic for a seed. Keys are 0, 1, 2 ... on top of
 * `FIRST_ID`, unless `idOf` says otherwise. An unquoted empty field is NULL, `""` the empty string.
 */
export function* csvChunks(rows: number, seed: number, idOf = (row: number) => FIRST_ID + row): Generator<string> {
  yield HEADER;
  yield* rowChunks(0, rows, new Random(seed), idOf);
}

/** The same rows as `csvChunks`, as this many files one after the other, each with a header. Each must be read to its end before the next. */
export function* csvParts(rows: number, seed: number, parts: number): Generator<Generator<string>> {
  const random = new Random(seed);
  for (let part = 0; part < parts; part += 1) {
    const [first, end] = [part, part + 1].map((index) => Math.floor((rows * index) / parts));
    yield csvPart(first ?? 0, end ?? rows, random);
  }
}

function* csvPart(first: number, end: number, random: Random): Generator<string> {
  yield HEADER;
  yield* rowChunks(first, end, random, (row) => FIRST_ID + row);
}

function* rowChunks(start: number, end: number, random: Random, idOf: (row: number) => number): Generator<string> {
  for (let first = start; first < end; first += ROWS_PER_CHUNK) {
    let chunk = '';
    for (let row = first; row < Math.min(first + ROWS_PER_CHUNK, end); row += 1) chunk += csvRow(idOf(row), random);
    yield chunk;
  }
}

function csvRow(id: number, random: Random): string {
  return (
    `${id},${note(random)},${amount(random)},${instant(random)},` +
    `${random.below(2) === 0 ? 'true' : 'false'},${name(random)},${attributes(random)}\n`
  );
}

function note(random: Random): string {
  const kind = random.below(100);
  if (kind < 3) return '';
  if (kind < 5) return '""';
  return quoted(`${random.of(AWKWARD)} ${random.of(WORDS)} ${random.of(AWKWARD)} ${random.of(WORDS)}`);
}

function amount(random: Random): string {
  const digits = String(random.below(1_000_000_000));
  const sign = random.below(2) === 0 ? '' : '-';
  return `${sign}${digits}.${String(random.below(1_000_000)).padStart(6, '0')}`;
}

function instant(random: Random): string {
  const seconds = new Date((1_600_000_000 + random.below(150_000_000)) * 1_000).toISOString().slice(0, 19);
  return `${seconds}.${String(random.below(1_000_000)).padStart(6, '0')}+00:00`;
}

function name(random: Random): string {
  return `${random.of(WORDS)} ${random.of(WORDS)} ${random.of(WORDS)}`;
}

function attributes(random: Random): string {
  return quoted(
    JSON.stringify({ kind: random.of(WORDS), tags: [random.of(WORDS), random.of(WORDS)], size: random.below(100_000) }),
  );
}

/** A CSV field that holds any text. */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
