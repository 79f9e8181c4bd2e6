import { TidemarkError } from '../../contracts/errors.js';

/** What one error code means, whether trying again can help, and what to do. */
export interface ErrorCodeEntry {
  meaning: string;
  retryable: boolean;
  mend: string;
}

export interface ErrorDetails {
  httpStatus?: number | undefined;
  retryAfterSeconds?: number | undefined;
  /** Instead of the code's own mend. */
  mend?: string | undefined;
  /** Instead of the code's own. */
  retryable?: boolean | undefined;
  /** Redacted already: an error of the HTTP library holds headers and addresses, and is never attached itself. */
  cause?: Error | undefined;
}

/** An error as its code's entry has it, but for what the details say. The message is expected to be redacted. */
export function codedError(
  code: string,
  entry: ErrorCodeEntry,
  message: string,
  details: ErrorDetails = {},
): TidemarkError {
  return new TidemarkError(/[.!?…]$/u.test(message) ? message : `${message}.`, {
    code,
    retryable: details.retryable ?? entry.retryable,
    mend: details.mend ?? entry.mend,
    ...(details.httpStatus === undefined ? {} : { httpStatus: details.httpStatus }),
    ...(details.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: details.retryAfterSeconds }),
    ...(details.cause === undefined ? {} : { cause: details.cause }),
  });
}
