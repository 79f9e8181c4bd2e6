import { refuseEndMark } from './csv-end-mark.js';
import { CsvLines } from './csv-lines.js';
import type { CopySource } from './portion.js';

/**
 * CSV without its header that the server reads itself.
 * @param lineEnd Of the rows that came before, if there are any: all must end alike, or the server refuses them.
 */
export function csvAsItIs(
  chunks: AsyncIterable<Buffer>,
  columns: readonly string[],
  lineEnd?: '\n' | '\r\n',
): CopySource {
  const lines = new CsvLines();
  // The server learns from the first line, which it is told to pass over.
  const header = lineEnd === undefined ? 0 : 1;
  return {
    columns,
    format: lineEnd === undefined ? 'FORMAT csv' : 'FORMAT csv, HEADER',
    chunks: (async function* () {
      if (lineEnd !== undefined) {
        const line = Buffer.from(lineEnd);
        lines.add(line);
        yield line;
      }
      yield* refuseEndMark(chunks, lines, header);
    })(),
    rowOfLine: (line) => lines.rowOf(line) - header,
  };
}
