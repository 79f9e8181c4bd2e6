import { type Chunks, peek, startingWith } from './chunks.js';
import { titanError } from './errors.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Longest header line that is looked for, in bytes. */
const MAX_HEADER = 4_000_000;

/**
 * One CSV from the files of an export: the header once, every file's rows after one another, a line end between files where one
 * lacks it. A byte order mark at the start of a file is left out. Files without a byte count for nothing; files with different
 * headers do not belong together and are an error.
 */
export async function* joinFiles(files: AsyncIterable<Chunks>, count: number): AsyncGenerator<Buffer> {
  let header: Buffer | undefined;
  let endsOpen = false;
  let number = 0;
  for await (const file of files) {
    number += 1;
    const chunks = await withoutMark(file);
    if (count === 1) {
      yield* chunks;
      // Not the end yet: who gives the files may have something to say behind the last one.
      continue;
    }
    const { line, rest } = await splitHeader(chunks);
    if (line.length === 0) continue;
    let startsFile = true;
    if (header === undefined) {
      header = withoutLineEnd(line);
      yield line;
      endsOpen = line.at(-1) !== NEWLINE;
    } else if (!header.equals(withoutLineEnd(line))) {
      await rest.return(undefined);
      const text = `File ${number} of ${count} of the export has another header than the first`;
      throw titanError('TITAN_UNEXPECTED_REPLY', text);
    }
    for await (const chunk of rest) {
      if (chunk.length === 0) continue;
      if (startsFile && endsOpen) yield Buffer.from([NEWLINE]);
      startsFile = false;
      endsOpen = chunk.at(-1) !== NEWLINE;
      yield chunk;
    }
  }
}

async function withoutMark(chunks: Chunks): Promise<Chunks> {
  const { start, all } = await peek(chunks, BYTE_ORDER_MARK.length);
  if (!start.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) return all;
  return startingWith(start.subarray(BYTE_ORDER_MARK.length), chunks);
}

/** The first record with its line end, which may hold quoted line ends itself, and what follows it. */
async function splitHeader(chunks: Chunks): Promise<{ line: Buffer; rest: Chunks }> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = endOfRecord(seen);
    if (end !== undefined) return { line: seen.subarray(0, end), rest: startingWith(seen.subarray(end), chunks) };
    if (seen.length > MAX_HEADER) {
      await chunks.return(undefined);
      throw titanError('TITAN_UNEXPECTED_REPLY', 'A file of the export has no header line');
    }
    const next = await chunks.next();
    if (next.done === true) return { line: seen, rest: chunks };
    seen = Buffer.concat([seen, next.value]);
  }
}

function endOfRecord(bytes: Buffer): number | undefined {
  let quoted = false;
  for (const [index, byte] of bytes.entries()) {
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === NEWLINE && !quoted) return index + 1;
  }
  return undefined;
}

function withoutLineEnd(line: Buffer): Buffer {
  let end = line.length;
  if (line[end - 1] === NEWLINE) end -= 1;
  if (line[end - 1] === CARRIAGE_RETURN) end -= 1;
  return line.subarray(0, end);
}
