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

const HEADER = `${COLUMNS.map(({ name }) => name).join(',')}\n`;

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

/**
 * CSV of `rows` rows, about 188 bytes each, header first: deterministic for a seed. Keys are 0, 1, 2 ... on top of a
 * base that needs more than 32 bits. An unquoted empty field is NULL, `""` the empty string.
 */
export function* csvChunks(rows: number, seed: number): Generator<string> {
  const random = new Random(seed);
  yield HEADER;
  for (let first = 0; first < rows; first += ROWS_PER_CHUNK) {
    let chunk = '';
    for (let row = first; row < Math.min(first + ROWS_PER_CHUNK, rows); row += 1) chunk += csvRow(row, random);
    yield chunk;
  }
}

function csvRow(row: number, random: Random): string {
  return (
    `${4_000_000_000 + row},${note(random)},${amount(random)},${instant(random)},` +
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

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
