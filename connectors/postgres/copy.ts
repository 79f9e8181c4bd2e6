import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import { from, to, type CopyToStreamQuery } from 'pg-copy-streams';
import { Turns } from './turns.js';

/** What goes to the driver in one piece: small pieces cost a system call each. */
const PIECE_BYTES = 64 * 1024;
/** Bytes that wait for the socket, so that the source works while the server does. */
const WAITING_BYTES = 512 * 1024;

export interface CopyInOptions {
  /** Aborted: the COPY is failed, and the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told when the server takes no more for now, and when it does again; at the end, that it takes no more. */
  onFull?: (isFull: boolean) => void;
  /** Told once the source is used up, while the server is still at work. */
  onSent?: (() => unknown) | undefined;
}

/**
 * Runs `COPY ... FROM STDIN`. Returns the rows that arrived.
 *
 * A source that throws fails the COPY, its own error is thrown, and the connection takes ROLLBACK next. An error of the server ends the
 * source and is thrown as the driver gave it.
 */
export async function copyIn(
  client: ClientBase,
  sql: string,
  chunks: AsyncIterable<Uint8Array> | Readable,
  { signal, onFull, onSent }: CopyInOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  const copy = client.query(from(sql, { highWaterMark: WAITING_BYTES }));
  // One waits at a time. No Promise.race with a promise that lives as long as the COPY: each race would leave something behind in it.
  let failure: { error: unknown } | undefined;
  let stopWaiting: ((error: unknown) => void) | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    stopWaiting?.(failure.error);
  };
  const unlessFailed = <T>(wait: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      stopWaiting = reject;
      wait.then(resolve, reject);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed on as it was thrown
      if (failure !== undefined) reject(failure.error);
    });
  copy.on('error', fail);
  const closed = new Promise<void>((resolve) => {
    copy.once('close', resolve);
    // The driver's stream is not closed when the server has refused it.
    copy.once('error', () => resolve());
  });
  const finished = new Promise<void>((resolve) => copy.once('finish', resolve));
  const abort = (): void => fail(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const iterator: AsyncIterator<unknown> = chunks[Symbol.asyncIterator]();
  const turns = new Turns();
  try {
    for await (const piece of pieces(iterator, unlessFailed)) {
      if (!copy.write(piece)) {
        onFull?.(true);
        await unlessFailed(new Promise<void>((resolve) => copy.once('drain', resolve)));
        onFull?.(false);
      }
      // Rows that are at hand and a socket that takes all at once: without this nothing would ever be waited for.
      if (turns.isOver) await unlessFailed(turns.give());
    }
    // What is on its way keeps the server busy for a while; no more comes.
    onFull?.(true);
    copy.end();
    onSent?.();
    await unlessFailed(finished);
    return copy.rowCount;
  } catch (error) {
    endSource(chunks, iterator);
    // Its words would stand in the server's log: not the source's own, which may hold a row.
    copy.destroy(new Error('the client has given the rows up'));
    await closed;
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** The rows of `COPY ... TO STDOUT` as bytes. The connection is busy until the stream has ended; one that is given up must be ended. */
export function copyOut(client: ClientBase, sql: string): CopyToStreamQuery {
  return client.query(to(sql, { highWaterMark: WAITING_BYTES }));
}

/** Small chunks gathered into larger ones. */
async function* pieces(
  iterator: AsyncIterator<unknown>,
  unlessFailed: <T>(wait: Promise<T>) => Promise<T>,
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const next = await unlessFailed(iterator.next());
    if (next.done === true) break;
    if (!(next.value instanceof Uint8Array) && !ArrayBuffer.isView(next.value))
      throw new TypeError('a chunk that is not bytes');
    // A view of another realm's is bytes as well.
    const chunk = next.value as Uint8Array;
    if (chunk.length === 0) continue;
    waiting.push(chunk);
    size += chunk.length;
    if (size < PIECE_BYTES) continue;
    yield waiting.length === 1 ? chunk : Buffer.concat(waiting, size);
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(waiting, size);
}

/** Tells the source to end; one that is stuck is not waited for. */
function endSource(chunks: AsyncIterable<Uint8Array> | Readable, iterator: AsyncIterator<unknown>): void {
  if ('destroy' in chunks) chunks.destroy();
  // What it throws on its way out is of no interest beside the error that ends it.
  iterator.return?.().catch(() => undefined);
}
