import type { TidemarkError } from '../../contracts/errors.js';
import type { Redactor } from '../http/redact.js';
import { classifyTransport } from '../http/transport-failure.js';
import { titanError } from './errors.js';

/** The error of a call that failed below HTTP. `once`: a call that is not repeated when the server may have done it. */
export function transportError(error: unknown, what: string, once: boolean, redact: Redactor): TidemarkError {
  const failure = classifyTransport(error);
  const details = { cause: redact.error(error) };
  if (once && failure.mayHaveArrived) {
    return titanError('TITAN_UNKNOWN_OUTCOME', `No reply to ${what} (${failure.detail})`, details);
  }
  if (failure.kind === 'timeout') return titanError('TITAN_TIMEOUT', `${what} timed out ${failure.detail}`, details);
  if (failure.kind === 'tls') return titanError('TITAN_TLS', `${what} failed in TLS (${failure.detail})`, details);
  return titanError('TITAN_UNREACHABLE', `${what} failed (${failure.detail})`, details);
}
