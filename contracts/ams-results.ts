import type { AmsConfirm } from './ams-inputs.js';
import type { TableReference } from './table-reference.js';
import type { ResultsReference } from './titan-results.js';

/** A row that was not written. Never a value of it. */
export interface AmsRowFailure {
  /** Number of the row in the table, from 1. */
  row: number;
  /** AMS's id of the user; null where the row does not tell. */
  user: number | null;
  code: string;
  reason: string;
}

/** How a run ended: all rows written, some, none; or nothing was sent since nobody said yes. */
export type AmsOutcome = 'success' | 'partial' | 'failed' | 'cancelled by user' | 'not confirmed';

/** Rows that were left out on purpose; they count as not attempted. */
export interface AmsLeftOut {
  /** Their user is not known, or not one alone. */
  unknownUsers: number;
  /** A later row is for the same user. */
  superseded: number;
  /** Every cell is empty, and empty cells leave their field. */
  empty: number;
}

/** What a run would change, by the profiles as they are now. */
export interface AmsChanges {
  /** False: the account may not read profiles, so that nothing is known. */
  readable: boolean;
  /** Users whose rows would be sent. */
  users: number;
  /** Of them, those without a profile yet, those with other values now, those with the same. */
  created: number;
  changed: number;
  unchanged: number;
  /** Field → users whose value would be another one. */
  fields: Record<string, number>;
  /** The first changes, each with its values. */
  sample?: ResultsReference;
}

/** Who answered, and what. */
export interface AmsConfirmation extends AmsConfirm {
  /** ISO 8601 instant, by Temporal's clock. */
  at: string;
}

/** Result of `amsUpsertProfiles`. `upserted + failed + notAttempted` are the rows. */
export interface AmsUpsertProfilesResult {
  form: string;
  result: AmsOutcome;
  /** Rows of the table. */
  rows: number;
  upserted: number;
  /** Rows whose profile was sent, and whose fate is known. */
  attempted: number;
  failed: number;
  notAttempted: number;
  leftOut: AmsLeftOut;
  /** Empty when `failuresReference` says where the list is. */
  failures: AmsRowFailure[];
  failuresReference?: ResultsReference;
  /** The rows whose user is not known, with their values. */
  quarantine?: ResultsReference;
  changes?: AmsChanges;
  confirmation?: AmsConfirmation;
  /** One line for people. */
  summary: string;
}

/** Answer of the query `progress` of `amsUpsertProfiles`, and what its heartbeats carry. */
export interface AmsProgress {
  phase: string;
  form: string;
  /** Undefined before the end. */
  result?: AmsOutcome;
  rows: number;
  upserted: number;
  attempted: number;
  failed: number;
  notAttempted: number;
  changes?: AmsChanges;
  /** ISO 8601 instant until which an answer is waited for. */
  confirmUntil?: string;
}

/** Result of `amsDownloadProfiles`. */
export interface AmsDownloadProfilesResult {
  form: string;
  /** Users that the account sees. */
  users: number;
  /** Those that have a profile: the rows of the table. */
  profiles: number;
  bytes: number;
  reference: TableReference;
  warnings?: string[];
  summary: string;
}
