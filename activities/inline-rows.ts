import { TidemarkError } from '../contracts/errors.js';
import { MAX_INLINE_ROWS } from '../contracts/table-reference.js';

/**
 * Rows that a caller passed inline are in the history again with each step that takes them: few, unless large payloads are stored outside
 * of it. Only a worker knows whether they are, so the input's schema admits more. Error `TOO_MANY_INLINE_ROWS`.
 */
export function refuseManyRows(rows: number, limit: number = MAX_INLINE_ROWS): void {
  if (rows <= limit) return;
  throw new TidemarkError(`The input passes ${rows} rows inline; this worker takes ${limit} at most.`, {
    code: 'TOO_MANY_INLINE_ROWS',
    retryable: false,
    mend: 'Put them into a store and name the table, or configure temporal.payloadStorage for the client and the worker.',
  });
}
