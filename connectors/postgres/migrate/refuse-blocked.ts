import { TidemarkError } from '../../../contracts/errors.js';
import type { Blocker } from './blockers.js';

/** @throws TidemarkError with the code of the first blocker and the words of all. */
export function refuseBlocked(blockers: readonly Blocker[]): void {
  const [first] = blockers;
  if (first === undefined) return;
  throw new TidemarkError(blockers.map(({ message, mend }) => `${message} ${mend}`).join('\n'), {
    code: first.code,
    retryable: false,
  });
}
