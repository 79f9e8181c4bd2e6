import { RequestError, TimeoutError } from 'got';
import { textField } from './text-field.js';

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
