import { isUtf8 } from 'node:buffer';
import { malformedCsv } from '../../tables/errors.js';
import { problemText, tellRow, wrongWidth, type Problem } from './problem.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;
/** More is a quote that nobody closes, not a row. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/**
 * CSV without its header, as COPY reads it (a quote opens and closes wherever it stands), with one more field behind each row: empty, or what
 * is wrong with a row that COPY would stop at, whose own fields are left empty. All lines end in \n.
 * @param table What errors call it.
 */
export async function* lenientCsv(
  chunks: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  table: string,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  // Of the row that `rest` begins with.
  let at = 0;
  let isQuoted = false;
  let rows = 0;
  const out = new Output();
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === LF && !isQuoted) {
        rows += 1;
        out.add(bytes.subarray(start, at), columns, false);
        start = at + 1;
        if (out.size >= PIECE_BYTES) yield out.take();
      }
    }
    rest = start === 0 ? bytes : bytes.subarray(start);
    at -= start;
    if (rest.length > MAX_ROW_BYTES)
      throw malformedCsv(
        `${table}, row ${rows + 1}`,
        `a row of more than ${MAX_ROW_BYTES / 1024 / 1024} MB`,
        'Close the quotes.',
      );
  }
  if (rest.length > 0) out.add(rest, columns, isQuoted);
  if (out.size > 0) yield out.take();
}

class Output {
  size = 0;
  #parts: Uint8Array[] = [];

  add(record: Uint8Array, columns: readonly string[], isOpen: boolean): void {
    // Half of a line end.
    const row = record.at(-1) === CR && !isOpen ? record.subarray(0, -1) : record;
    const problem = problemOf(row, columns, isOpen);
    if (problem === undefined) this.#push(row, GOOD_END);
    else
      this.#push(
        Buffer.from(','.repeat(columns.length)),
        Buffer.from(`"${problemText(problem).replaceAll('"', '""')}"\n`),
      );
  }

  take(): Uint8Array {
    const taken = Buffer.concat(this.#parts, this.size);
    this.#parts = [];
    this.size = 0;
    return taken;
  }

  #push(...parts: Uint8Array[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.size += part.length;
    }
  }
}

const GOOD_END = Buffer.from(',\n');

/** Looks at a row that COPY could stop at. Most are told by one pass over their bytes. */
function problemOf(row: Uint8Array, columns: readonly string[], isOpen: boolean): Problem | undefined {
  let fields = 1;
  let isQuoted = false;
  let isAscii = true;
  /** Of the first byte that is none of CSV: a NUL, or half of a line end. */
  let badField = 0;
  let hasNul = false;
  for (const byte of row) {
    if (byte === COMMA) {
      if (!isQuoted) fields += 1;
    } else if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte >= 0x80) isAscii = false;
    else if (badField === 0 && (byte === 0 || (byte === CR && !isQuoted))) {
      badField = fields;
      hasNul = byte === 0;
    }
  }
  const isText = isAscii || isUtf8(row);
  if (fields === columns.length && badField === 0 && isText && !isOpen) return undefined;
  const texts = fieldsOf(Buffer.from(row).toString('utf8'));
  const told = { row: tellRow(texts, columns) };
  if (isOpen) return { code: 'POSTGRES_BAD_VALUE', reason: 'a quote is not closed', ...told };
  if (fields !== columns.length) return { ...wrongWidth(fields, columns.length), ...told };
  // What is no UTF-8 was decoded to this character, which nearly no text holds otherwise.
  const field = isText ? badField - 1 : texts.findIndex((text) => text?.includes('\ufffd') === true);
  const column = columns[field];
  const reason = !isText
    ? 'bytes that are not UTF-8'
    : hasNul
      ? 'PostgreSQL cannot hold the character NUL'
      : 'a carriage return outside quotes';
  return { code: 'POSTGRES_BAD_VALUE', reason, ...(column === undefined ? {} : { column }), ...told };
}

/** As COPY would read them: NULL is a field without a character, quotes included. */
function fieldsOf(row: string): (string | null)[] {
  const fields: (string | null)[] = [];
  let field = '';
  let isQuoted = false;
  let hadQuotes = false;
  for (let at = 0; at <= row.length; at += 1) {
    const character = row[at];
    if (character === undefined || (character === ',' && !isQuoted)) {
      fields.push(field === '' && !hadQuotes ? null : field);
      field = '';
      hadQuotes = false;
    } else if (character === '"') {
      if (isQuoted && row[at + 1] === '"') {
        field += '"';
        at += 1;
      } else {
        isQuoted = !isQuoted;
        hadQuotes = true;
      }
    } else field += character;
  }
  return fields;
}
