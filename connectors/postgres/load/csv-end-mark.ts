import type { CsvLines } from './csv-lines.js';

const LF = 0x0a;
const CR = 0x0d;
const LINE_END = Buffer.from('\n');
/** A line that begins so, and holds nothing else. */
const MARK = Buffer.from('\n\\.');

/** A row that reads `\.`. */
export class EndMark extends Error {
  override readonly name = 'EndMark';

  /** @param row Its number within the COPY, from 1. */
  constructor(readonly row: number) {
    super('a row that reads \\.');
  }
}

/**
 * Passes CSV on, up to a row that reads `\.`: up to PostgreSQL 17 it ends the data, and all behind it is silently left out. Within quotes it
 * is a value like any other.
 * @param lines Told of all that is passed on.
 * @param header Lines among them that are no rows.
 * @throws EndMark
 */
export async function* refuseEndMark(
  chunks: AsyncIterable<Buffer>,
  lines: CsvLines,
  header: number,
): AsyncGenerator<Buffer> {
  // As if the header's line end stood there, so that the very first row is found like any other.
  let held = LINE_END;
  let skip = LINE_END.length;
  const passOn = (bytes: Buffer, isAtEnd: boolean): Buffer => {
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
      const next = bytes[at + MARK.length];
      if (next === undefined ? !isAtEnd : next !== LF && next !== CR) continue;
      const { rows, isQuoted } = lines.behind(bytes.subarray(skip, at + 1));
      if (!isQuoted) throw new EndMark(rows + 1 - header);
    }
    const passed = bytes.subarray(skip);
    skip = 0;
    lines.add(passed);
    return passed;
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    // A mark and what follows it must not be torn apart.
    const last = bytes.lastIndexOf(LF);
    const end = last >= bytes.length - MARK.length ? last : bytes.length;
    held = bytes.subarray(end);
    if (end < skip) continue;
    const passed = passOn(bytes.subarray(0, end), false);
    if (passed.length > 0) yield passed;
  }
  if (held.length > skip) yield passOn(held, true);
}
