import type { ErrorInfo } from '../../contracts/errors.js';
import { errorInfoOf } from '../failures.js';

/** Why the watermark workflow could not be spoken to; a worker that lacks the plugin in plain words. Cancellation is thrown on. */
export function watermarkErrorOf(error: unknown): ErrorInfo {
  const info = errorInfoOf(error);
  if (info.code !== 'NotFoundError') return info;
  return {
    code: 'WATERMARK_PLUGIN_MISSING',
    message:
      'The worker has no watermarkPlugin, so that nothing reaches the workflow which holds the high watermarks. Add `watermarkPlugin()` to its plugins.',
    retryable: false,
  };
}
