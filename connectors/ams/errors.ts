import { amsErrors } from '../../contracts/error-catalogue-ams.js';
import type { TidemarkError } from '../../contracts/errors.js';
import { codedError, type ErrorCodeEntry, type ErrorDetails } from '../http/coded-error.js';
import type { Redactor } from '../http/redact.js';
import { classifyTransport, type TransportFailure } from '../http/transport-failure.js';

/** Every code that the AMS client throws. Codes are stable: people and programs match on them. */
export const amsErrorCodes = amsErrors satisfies Record<`AMS_${string}`, ErrorCodeEntry>;
export type AmsErrorCode = keyof typeof amsErrorCodes;

/** An error of the catalogue `amsErrorCodes`. The message is expected to be redacted. */
export function amsError(code: AmsErrorCode, message: string, details: ErrorDetails = {}): TidemarkError {
  return codedError(code, amsErrorCodes[code], message, details);
}

/** The code of a reply's status, for statuses that are not 2xx. */
export function codeOfStatus(status: number): AmsErrorCode {
  if (status < 400) return 'AMS_UNEXPECTED_REPLY';
  if (status >= 500) return 'AMS_SERVER_ERROR';
  return CODE_OF_STATUS[status] ?? 'AMS_INVALID';
}

const CODE_OF_STATUS: Partial<Record<number, AmsErrorCode>> = {
  401: 'AMS_SESSION_ENDED',
  403: 'AMS_FORBIDDEN',
  404: 'AMS_NOT_FOUND',
  408: 'AMS_TIMEOUT',
  410: 'AMS_NOT_FOUND',
  425: 'AMS_RATE_LIMITED',
  429: 'AMS_RATE_LIMITED',
};

const CODE_OF_FAILURE = {
  timeout: 'AMS_TIMEOUT',
  tls: 'AMS_TLS',
  unreachable: 'AMS_UNREACHABLE',
} as const satisfies Record<TransportFailure['kind'], AmsErrorCode>;

/** The error of a call that failed below HTTP. */
export function transportError(error: unknown, what: string, redact: Redactor): TidemarkError {
  const { kind, detail } = classifyTransport(error);
  const text = kind === 'timeout' ? `${what} timed out ${detail}` : `${what} failed (${detail})`;
  return amsError(CODE_OF_FAILURE[kind], text, { cause: redact.error(error) });
}
