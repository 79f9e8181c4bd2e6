import { Readable } from 'node:stream';
import { allowManyListeners } from '../http/abort.js';
import type { Api } from './api.js';
import { type DownloadOptions, ExportDownload } from './export-download.js';

type Id = number | string;

/**
 * Reads the export, opens its first file and hands out the stream; what fails after that comes as the stream's error.
 * Destroying the stream, or the signal, ends everything behind it.
 */
export async function downloadExport(api: Api, id: Id, options: DownloadOptions): Promise<Readable> {
  const { signal } = options;
  allowManyListeners(signal);
  const stop = new AbortController();
  allowManyListeners(stop.signal);
  const forward = (): void => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', forward, { once: true });
  const release = (): void => {
    signal?.removeEventListener('abort', forward);
    stop.abort(new Error('the download was closed'));
  };
  try {
    const download = new ExportDownload(api, id, options, stop.signal);
    const stream = streamOf(await download.bytes(await download.open(0)), release);
    // A reader that waits for bytes hears of the abort at once, not only when the server sends something.
    stop.signal.addEventListener(
      'abort',
      () => stream.destroy(signal?.aborted === true ? asError(signal.reason) : undefined),
      { once: true },
    );
    return stream;
  } catch (error) {
    release();
    throw error;
  }
}

/** Like `Readable.from`, but destroying it releases at once, while that would wait for the bytes that are on their way. */
function streamOf(chunks: AsyncGenerator<Buffer>, release: () => void): Readable {
  return new Readable({
    highWaterMark: STREAM_BUFFER,
    read() {
      chunks.next().then(
        (next) => this.push(next.done === true ? null : next.value),
        (error: unknown) => this.destroy(asError(error)),
      );
    },
    destroy(error, done) {
      release();
      done(error);
    },
  });
}

const STREAM_BUFFER = 256 * 1_024;

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the download was aborted', { cause: reason });
}
