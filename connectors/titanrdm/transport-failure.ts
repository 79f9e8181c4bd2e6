import { RequestError, TimeoutError } from 'got';
import type { TidemarkError } from '../../contracts/errors.js';
import { textField, titanError } from './errors.js';
import type { Redactor } from './redact.js';

/** What went wrong below HTTP, and whether any of the request can have reached the server. */
export interface TransportFailure {
  kind: 'unreachable' | 'timeout' | 'tls';
  /** False only when no connection came about, so that the server cannot have done anything. */
  mayHaveArrived: boolean;
  /** `ECONNRESET` and the like, or what was waited for. */
  detail: string;
}

const CONNECT_PHASES = new Set(['lookup', 'connect', 'secureConnect']);
const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);
const CERTIFICATE =
  /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$|ERR_SSL_(WRONG_VERSION|PACKET_LENGTH))/u;

export function classifyTransport(error: unknown): TransportFailure {
  const code = error instanceof RequestError ? error.code : 'UNKNOWN';
  if (error instanceof TimeoutError) {
    return { kind: 'timeout', mayHaveArrived: !CONNECT_PHASES.has(error.event), detail: `waiting for ${error.event}` };
  }
  if (CERTIFICATE.test(code)) return { kind: 'tls', mayHaveArrived: false, detail: code };
  const unconnected = NO_CONNECTION.has(code) || (error instanceof RequestError && failedToConnect(error.cause));
  return { kind: 'unreachable', mayHaveArrived: !unconnected, detail: code };
}

/** ETIMEDOUT and others come from connecting as well as from an open connection: only the system call tells. */
function failedToConnect(cause: unknown): boolean {
  return textField(cause, 'name') === 'AggregateError' || textField(cause, 'syscall') === 'connect';
}

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
