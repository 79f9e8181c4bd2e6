import type { ErrorInfo } from '../../contracts/errors.js';
import type { UploadTableResult } from '../../contracts/titan-results.js';
import { forEachBounded } from '../bounded.js';
import { watermarkErrorOf } from '../watermark/error.js';
import type { ImportJob, ImportState } from './job.js';

const AT_A_TIME = 10;

/**
 * Moves the marks of the tables whose changes the server has processed, others' failures notwithstanding, and puts them into the results.
 * Returns the first error: what could not be told is sent again by the next run, which an upsert makes harmless.
 */
export async function advanceMarks(
  { manifest, advance }: Pick<ImportJob, 'manifest' | 'advance'>,
  state: ImportState,
  tables: UploadTableResult[],
): Promise<ErrorInfo | undefined> {
  if (advance === undefined) return undefined;
  let failed: ErrorInfo | undefined;
  await forEachBounded([...manifest.keys()], AT_A_TIME, async (index) => {
    const entry = manifest[index];
    const sent = state.tables[index];
    const result = tables[index];
    if (entry === undefined || sent?.state !== 'sent' || sent.sent.mark === undefined) return;
    if (result?.status !== 'success') return;
    try {
      result.watermark = await advance(entry.target.conventionKey, sent.sent.mark);
    } catch (error) {
      failed ??= watermarkErrorOf(error);
    }
  });
  return failed;
}
