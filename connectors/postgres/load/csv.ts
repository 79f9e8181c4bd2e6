import type { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { TidemarkError } from '../../../contracts/errors.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { quoteTable } from '../quote.js';
import type { ColumnType } from '../encode/column-types.js';
import { chooseSpelling } from '../spelling/choose.js';
import type { Spelling } from '../spelling/spelling.js';
import { csvAsItIs } from './csv-as-it-is.js';
import { canReadCsv, csvAsBinary } from './csv-binary.js';
import { oneColumn } from './csv-one-column.js';
import type { Portion } from './portion.js';

const QUOTE = 0x22;
const NEWLINE = 0x0a;
/** 1,600 names of 63 bytes, quoted. */
const MAX_HEADER_BYTES = 256 * 1024;

/** CSV by its header's columns: as binary COPY where the types are known, else as it is. */
export async function* csvPortions(
  csv: Readable | AsyncIterable<Uint8Array>,
  table: PostgresTable,
): AsyncGenerator<Portion> {
  const iterator: AsyncIterator<unknown> = csv[Symbol.asyncIterator]();
  let isAtEnd = false;
  try {
    const { header, rest } = await readHeader(iterator, table);
    // No byte at all: a file without columns has no rows.
    if (header === undefined) {
      isAtEnd = true;
      return;
    }
    const columns = columnsOf(header, table);
    const chunks = async function* (): AsyncGenerator<Buffer> {
      if (rest.length > 0) yield rest;
      for (let chunk = await nextChunk(iterator); chunk !== undefined; chunk = await nextChunk(iterator)) yield chunk;
      isAtEnd = true;
    };
    yield {
      table,
      open: (types, _firstRow, isLenient) => {
        // Looked at row by row already: no row can read what the server would take for the end.
        if (isLenient) return { columns, format: 'FORMAT csv', chunks: chunks() };
        if (columns.length === 1) return oneColumn(chunks(), columns, table);
        const spellings = spellingsOf(columns, types);
        return spellings === undefined ? csvAsItIs(chunks(), columns) : csvAsBinary(chunks(), columns, spellings);
      },
    };
  } finally {
    if (!isAtEnd) {
      if ('destroy' in csv) csv.destroy();
      // One that is stuck is not waited for, and what it throws on its way out is of no interest.
      void iterator.return?.().catch(() => undefined);
    }
  }
}

function spellingsOf(columns: readonly string[], types: readonly ColumnType[]): Spelling[] | undefined {
  const spellings = columns.flatMap((column) => {
    const type = types.find(({ name }) => name === column);
    return (type === undefined ? undefined : chooseSpelling(type)) ?? [];
  });
  return canReadCsv && spellings.length === columns.length ? spellings : undefined;
}

async function readHeader(
  iterator: AsyncIterator<unknown>,
  table: PostgresTable,
): Promise<{ header: string | undefined; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  let isQuoted = false;
  let at = 0;
  for (;;) {
    for (; at < bytes.length; at += 1) {
      if (bytes[at] === QUOTE) isQuoted = !isQuoted;
      else if (bytes[at] === NEWLINE && !isQuoted)
        return { header: bytes.toString('utf8', 0, at), rest: bytes.subarray(at + 1) };
    }
    if (bytes.length > MAX_HEADER_BYTES)
      throw csvError(table, 'INGEST_CSV_HEADER', 'the header does not end', 'Begin with a line of column names.');
    const chunk = await nextChunk(iterator);
    if (chunk === undefined)
      return { header: bytes.length === 0 ? undefined : bytes.toString('utf8'), rest: Buffer.alloc(0) };
    bytes = Buffer.concat([bytes, chunk]);
  }
}

/** Columns of the table in the order of the header. */
function columnsOf(header: string, table: PostgresTable): string[] {
  let records: unknown[];
  try {
    records = parse(header, { bom: true, relax_column_count: true });
  } catch {
    throw csvError(table, 'INGEST_CSV_HEADER', 'the header is no CSV', 'Quote names that hold quotes or commas.');
  }
  // All that stands before the first line feed: rows that end in carriage returns alone would pass for part of it, and be lost.
  if (records.length > 1)
    throw csvError(
      table,
      'INGEST_CSV_HEADER',
      'the header ends in a carriage return alone',
      'End lines in a line feed, with a carriage return before it or without.',
    );
  const [first] = records;
  const names = (Array.isArray(first) ? first : []).map(String);
  if (names.length === 0)
    throw csvError(table, 'INGEST_CSV_HEADER', 'the header is an empty line', 'Begin with a line of column names.');
  const known = new Set(table.columns.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw csvError(
      table,
      'INGEST_CSV_COLUMNS',
      `the header names columns that the table has not: ${unknown.map((name) => JSON.stringify(name)).join(', ')}`,
      `Columns are matched by their exact names: ${table.columns.map(({ name }) => JSON.stringify(name)).join(', ')}.`,
    );
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0)
    throw csvError(
      table,
      'INGEST_CSV_COLUMNS',
      `the header names a column twice: ${twice.map((name) => JSON.stringify(name)).join(', ')}`,
      'Name each column once.',
    );
  return names;
}

function csvError(table: PostgresTable, code: string, problem: string, mend: string): TidemarkError {
  return new TidemarkError(`CSV for table ${quoteTable(table)}: ${problem}.`, { code, retryable: false, mend });
}

async function nextChunk(iterator: AsyncIterator<unknown>): Promise<Buffer | undefined> {
  const next = await iterator.next();
  if (next.done === true) return undefined;
  if (typeof next.value === 'string') return Buffer.from(next.value, 'utf8');
  if (!ArrayBuffer.isView(next.value))
    throw new TidemarkError('A CSV source yielded something else than bytes.', {
      code: 'INGEST_SOURCE_BAD',
      retryable: false,
      mend: 'Give a stream of bytes.',
    });
  const { buffer, byteOffset, byteLength } = next.value;
  return Buffer.from(buffer, byteOffset, byteLength);
}
