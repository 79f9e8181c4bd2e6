import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TidemarkError } from '../../contracts/errors.js';
import { type Chunks, peek } from './chunks.js';
import { systemCode, titanError } from './errors.js';

/** A file that was compressed by the exporter and again on its way has two layers. */
const MAX_LAYERS = 3;

/**
 * Unpacks gzip, found by its first two bytes: an export may say `compressed`, the transfer may say `content-encoding`, and either
 * may be wrong, while no CSV in UTF-8 can start so.
 */
export async function unpacked(chunks: Chunks, what: string, layers = MAX_LAYERS): Promise<Chunks> {
  const { start, all } = await peek(chunks, ZIP_START.length);
  if (start.subarray(0, 4).equals(ZIP_START)) {
    await all.return(undefined);
    throw titanError('TITAN_UNEXPECTED_REPLY', `The ${what} is a ZIP archive: CSV, plain or in gzip, is understood`);
  }
  if (layers === 0 || start[0] !== 0x1f || start[1] !== 0x8b) return all;
  return await unpacked(gunzipped(all, what), what, layers - 1);
}

const ZIP_START = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const UNPACKED_CHUNK = 256 * 1_024;

async function* gunzipped(packed: Chunks, what: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK });
  // Errors of either side reach the reader below through `gunzip`.
  pipeline(packed, gunzip, () => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof TidemarkError || code?.startsWith('Z_') !== true) throw error;
    throw titanError('TITAN_DOWNLOAD_INCOMPLETE', `The ${what} is cut off or damaged (gzip: ${code})`);
  } finally {
    gunzip.destroy();
  }
}
