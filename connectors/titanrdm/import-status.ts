/** What a status of an import or an import table means to a waiting workflow. */
export type StatusMeaning = 'success' | 'failed' | 'unfinished' | 'unknown';

// TitanRDM does not document the names of these statuses. Those that can only mean one thing are taken at their word;
// all others count as unfinished up to the caller's maximum wait.
const SUCCESS = new Set([
  'completed',
  'complete',
  'success',
  'successful',
  'succeeded',
  'processed',
  'done',
  'finished',
]);
const FAILED = new Set([
  'failed',
  'failure',
  'error',
  'errored',
  'rejected',
  'aborted',
  'cancelled',
  'canceled',
  'upload_failed',
]);
const UNFINISHED = new Set([
  'created',
  'new',
  'open',
  'pending',
  'queued',
  'started',
  'uploading',
  'uploaded',
  'upload_complete',
  'processing',
  'running',
  'in_progress',
  'loading',
]);

export function meaningOf(status: string | null): StatusMeaning {
  const word = (status ?? '')
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, '_');
  if (SUCCESS.has(word)) return 'success';
  if (FAILED.has(word)) return 'failed';
  return UNFINISHED.has(word) ? 'unfinished' : 'unknown';
}
