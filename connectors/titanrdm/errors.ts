import type { TidemarkError } from '../../contracts/errors.js';
import { codedError, type ErrorDetails } from '../http/coded-error.js';
import { textField } from '../http/text-field.js';
import { type TitanErrorCode, titanErrorCodes } from './error-codes.js';

export type TitanErrorDetails = ErrorDetails;

/** An error of the catalogue `titanErrorCodes`. The message is expected to be redacted. */
export function titanError(code: TitanErrorCode, message: string, details: TitanErrorDetails = {}): TidemarkError {
  return codedError(code, titanErrorCodes[code], message, details);
}

/** The code of a TitanRDM reply's status, for statuses that are not 2xx. */
export function codeOfStatus(status: number): TitanErrorCode {
  if (status < 400) return 'TITAN_UNEXPECTED_REPLY';
  if (status >= 500) return 'TITAN_SERVER_ERROR';
  return CODE_OF_STATUS[status] ?? 'TITAN_INVALID';
}

const CODE_OF_STATUS: Partial<Record<number, TitanErrorCode>> = {
  401: 'TITAN_AUTHENTICATION',
  402: 'TITAN_PAYMENT_REQUIRED',
  403: 'TITAN_FORBIDDEN',
  404: 'TITAN_NOT_FOUND',
  408: 'TITAN_TIMEOUT',
  409: 'TITAN_CONFLICT',
  410: 'TITAN_NOT_FOUND',
  425: 'TITAN_RATE_LIMITED',
  429: 'TITAN_RATE_LIMITED',
};

/**
 * Whether a refusal says for certain that the server did nothing, so that even a creation may be sent again.
 * 429 and 425 mean so; 503 only with Retry-After, which a server or gateway sends that turns work away, while gateways that
 * gave up waiting for work in progress answer 503 (and 500, 502, 504) without it.
 */
export function didNothing(status: number, retryAfterSeconds: number | undefined): boolean {
  return status === 429 || status === 425 || (status === 503 && retryAfterSeconds !== undefined);
}

/** The `code` of a system's error (`ENOENT`, `Z_DATA_ERROR`), whichever realm the error was made in. */
export function systemCode(error: unknown): string | undefined {
  return textField(error, 'code');
}
