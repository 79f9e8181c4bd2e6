/** One thing that a client did, for logs and metrics. Never holds a secret, an address's query or a row. */
export interface CallLogEntry {
  level: 'debug' | 'warn';
  /** `call`: a reply came. `retry`: a try failed and another follows. `token`, `session`: a new one was fetched. */
  event: 'call' | 'retry' | 'token' | 'session';
  /** Method and path, or what was going on: `POST /api/imports/new`, `upload to bucket.example`. */
  what: string;
  status?: number;
  /** Milliseconds that the call took. */
  durationMs?: number;
  /** Tries made so far. */
  attempt?: number;
  /** Milliseconds until the next try. */
  delayMs?: number;
  /** Code of the error that caused a retry. */
  code?: string;
}

export type CallLog = (entry: CallLogEntry) => void;
