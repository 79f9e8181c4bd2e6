import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { TidemarkError } from '../../../contracts/errors.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { CopyText } from '../encode/copy-text.js';
import { Misfit } from '../encode/misfit.js';
import { PostgresError } from '../errors.js';
import { quoteTable } from '../quote.js';
import type { CopySource } from './portion.js';

const PIECE_BYTES = 64 * 1024;

/**
 * CSV of one column, written anew as text: up to PostgreSQL 17 a row that reads `\.` ends the data in CSV, and all behind it is silently
 * left out. With more columns than one no row reads so.
 */
export function oneColumn(chunks: AsyncIterable<Buffer>, columns: readonly string[], table: PostgresTable): CopySource {
  return { columns, format: 'FORMAT text', chunks: rewrite(chunks, table) };
}

async function* rewrite(chunks: AsyncIterable<Buffer>, table: PostgresTable): AsyncGenerator<Uint8Array> {
  const parser = parse({
    // An empty field is NULL unless it is quoted.
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });
  // The parser throws what went wrong before it.
  pipeline(Readable.from(chunks), parser).catch(() => undefined);
  const text = new CopyText();
  let row = 0;
  try {
    for await (const record of parser) {
      row += 1;
      const value: unknown = Array.isArray(record) ? record[0] : undefined;
      if (typeof value === 'string') text.field(value, true);
      else text.nullField(true);
      text.endRow();
      if (text.size >= PIECE_BYTES) yield text.take();
    }
  } catch (error) {
    throw told(error, table, row);
  }
  if (text.size > 0) yield text.take();
}

/** The parser's errors hold the record. */
function told(error: unknown, table: PostgresTable, row: number): unknown {
  if (error instanceof Misfit) {
    const { message, code, mend } = error;
    const place = { table: quoteTable(table), row };
    return new PostgresError(`${message}.`, {
      code,
      retryable: false,
      ...place,
      ...(mend === undefined ? {} : { mend }),
    });
  }
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  if (typeof code !== 'string' || !code.startsWith('CSV_')) return error;
  return new TidemarkError(`CSV for table ${quoteTable(table)}: row ${row + 1} is no CSV of one column.`, {
    code: 'INGEST_CSV_BAD',
    retryable: false,
    mend: 'Quote values that hold quotes, commas or line ends.',
  });
}
