import { TidemarkError } from '../../../contracts/errors.js';

/** The stored watermark is not one of this source: another kind of source has written it. */
export function foreignWatermark(source: string, expected: string): TidemarkError {
  return new TidemarkError(`The high watermark is not one of a source of type '${source}', which is ${expected}.`, {
    code: 'INGEST_WATERMARK_FOREIGN',
    retryable: false,
    mend: "Begin anew with highWatermark '__EARLIEST__', or give a value of that form.",
  });
}
