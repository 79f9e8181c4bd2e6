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
export async function* joinFiles(files: AsyncIterable<AsyncGenerator<Buffer>>, count: number): AsyncGenerator<Buffer> {
  let header: Buffer | undefined;
  let endsOpen = false;
  let number = 0;
  for await (const file of files) {
    number += 1;
    const chunks = withoutMark(file);
    if (count === 1) {
      yield* chunks;
      return;
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

async function* withoutMark(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    if (start.length < BYTE_ORDER_MARK.length) continue;
    const marked = start.subarray(0, 3).equals(BYTE_ORDER_MARK);
    if (!marked || start.length > 3) yield marked ? start.subarray(3) : start;
    start = undefined;
  }
  if (start !== undefined && start.length > 0) yield start;
}

/** The first record with its line end, which may hold quoted line ends itself, and what follows it. */
async function splitHeader(chunks: AsyncGenerator<Buffer>): Promise<{ line: Buffer; rest: AsyncGenerator<Buffer> }> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = endOfRecord(seen);
    if (end !== undefined) return { line: seen.subarray(0, end), rest: continued(seen.subarray(end), chunks) };
    if (seen.length > MAX_HEADER) {
      await chunks.return(undefined);
      throw titanError('TITAN_UNEXPECTED_REPLY', 'A file of the export has no header line');
    }
    const next = await chunks.next();
    if (next.done === true) return { line: seen, rest: continued(Buffer.alloc(0), chunks) };
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

async function* continued(start: Buffer, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (start.length > 0) yield start;
    yield* chunks;
  } finally {
    await chunks.return(undefined);
  }
}
