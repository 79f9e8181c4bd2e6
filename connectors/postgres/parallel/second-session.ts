import type { ClientBase } from 'pg';
import type { CopySource, CopyTarget } from '../load/portion.js';

/** Below that a COPY is over before a second session is of any use. */
export const WORTH_BYTES = 4 * 1024 * 1024;
/** From here on it may come to that: it takes a moment to connect. */
export const MAYBE_BYTES = 1024 * 1024;

export interface CopyAside {
  /** The statement that copies all rows in one session. */
  sql: string;
  signal: AbortSignal | undefined;
  /** Told once the source is used up, if the second session was not needed. */
  onSent?: (() => unknown) | undefined;
  /** Turns what a COPY throws into words. `numberOf` a line of it is the number of a row of the source, from 1. */
  explain: (error: unknown, copyInto: string, numberOf?: (line: number) => number) => unknown;
}

/** A way to copy binary rows with the help of a second session. */
export interface SecondSession {
  /** Returns the rows that arrived. The first session is the batch's, and is free then. */
  copy: (client: ClientBase, target: CopyTarget, source: CopySource, options: CopyAside) => Promise<number>;
}
