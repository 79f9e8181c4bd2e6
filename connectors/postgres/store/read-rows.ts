import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import type { CsvTable } from '../../tables/port.js';
import type { Postgres } from '../client.js';
import { copyOut } from '../copy.js';
import { copyStatement, selectRows, type RowSource } from './describe-rows.js';
import { setSpelling, told } from './session.js';

/** Bytes that wait for the reader. */
const WAITING_BYTES = 256 * 1024;

/**
 * Opens rows as CSV bytes that are passed on as the server wrote them: one statement, so one snapshot, in a transaction that can't write.
 * The session is the stream's: it goes back when all is read, and ends, its statement cancelled, when the stream is destroyed.
 *
 * @param find Says where the rows are; undefined when there are none to be had.
 */
export async function readRows(
  database: Pick<Postgres, 'use'>,
  find: (client: ClientBase) => Promise<RowSource | undefined>,
  { doing, signal }: { doing: string; signal?: AbortSignal | undefined },
): Promise<CsvTable | undefined> {
  const stream = new PassThrough({ highWaterMark: WAITING_BYTES });
  // Whoever opened it may not have come to listen yet.
  stream.on('error', () => undefined);
  const left = new AbortController();
  stream.once('close', () => {
    if (!stream.readableEnded) left.abort(new Error('nobody reads these rows any more'));
  });
  return new Promise((resolve, reject) => {
    const reading = database.use(
      async (client) => {
        await client.query('BEGIN READ ONLY');
        await setSpelling(client);
        const source = await find(client);
        if (source !== undefined) {
          const rows = copyOut(client, copyStatement(await selectRows(client, source)));
          // The header comes first: what the server refuses is the caller's error, not the stream's.
          await once(rows, 'readable');
          resolve({ stream });
          // Not `pipeline`: it would hand the server's own error to the reader.
          rows.pipe(stream, { end: false });
          await finished(rows);
        }
        await client.query('COMMIT');
        stream.end();
        resolve(undefined);
      },
      { signal: signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]) },
    );
    reading.catch((error: unknown) => {
      const failure = failureOf(error, [signal, left.signal], doing);
      stream.destroy(failure);
      reject(failure);
    });
  });
}

/** Whatever a caller aborts with is what it gets back. */
function failureOf(error: unknown, signals: readonly (AbortSignal | undefined)[], doing: string): Error {
  const aborted = signals.find((signal) => signal?.aborted === true);
  // Nobody throws or aborts with anything else than an error; it may be another realm's, so that `instanceof` would not know it.
  return (aborted === undefined ? told(error, { doing }) : aborted.reason) as Error;
}
