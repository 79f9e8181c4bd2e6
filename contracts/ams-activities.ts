import type { AmsDownloadOptions, AmsUpsertOptions } from './ams-inputs.js';
import type { AmsChanges, AmsLeftOut, AmsRowFailure } from './ams-results.js';
import type { TableReference } from './table-reference.js';
import type { ResultsReference } from './titan-results.js';

/** Whose step it is: the first run of the workflow, the same in all its continuations. */
export interface AmsRunIdentity {
  workflowId: string;
  runId: string;
}

export interface AmsStepInput {
  options: AmsUpsertOptions;
  run: AmsRunIdentity;
}

/** A list of rows, as far as it is short; otherwise where it is. */
export interface AmsRowList {
  inline: AmsRowFailure[];
  reference?: ResultsReference;
}

/** A table that may be sent as it is. */
export interface AmsCheckedTable {
  rows: number;
  /** Rows that are to be sent. */
  toSend: number;
  leftOut: AmsLeftOut;
  quarantine?: ResultsReference;
  /** Tells this content from another, whatever the order of the rows. */
  content: string;
}

/** What the details of a failed check hold beside the error. */
export interface AmsRefusedTable {
  rows: number;
  /** Rows that must be mended. */
  refused: number;
  list: AmsRowList;
  quarantine?: ResultsReference;
}

/** How far the sending has come: what heartbeats carry, and what one stretch hands to the next. */
export interface AmsSendState {
  /** Tells the table in this order of its rows; another one begins anew. */
  order: string;
  rows: number;
  leftOut: AmsLeftOut;
  /** Every row to be sent before this place has come to its end, ... */
  next: number;
  /** ... but for these. */
  open: number[];
  upserted: number;
  failed: number;
  /** Parts and entries of the list of failures. */
  parts: number;
  listed: number;
  /** Times that the table was found changed, so that all began anew. */
  restarts: number;
}

export interface AmsSendInput extends AmsStepInput {
  /** Of the checked table: where a confirmation was given, it was given for this one. */
  content: string;
  state?: AmsSendState;
}

export interface AmsSent {
  state: AmsSendState;
  /** `stretch`: more rows are to be sent. `stopped`: a row failed, and that was to end it. */
  ended: 'done' | 'stretch' | 'stopped';
  failures: AmsRowList;
}

/** Activities of the AMS plugin. Names are public: they show in histories. */
export interface AmsActivities {
  /** Looks at everything before anything is sent: the form, its fields, the users, every value. */
  amsCheckProfiles(input: AmsStepInput): Promise<AmsCheckedTable>;
  /** Reads the profiles as they are, and tells what a run would change. */
  amsPlanProfiles(input: AmsStepInput): Promise<AmsChanges>;
  /** Sends one profile per user, until the table is used up or the stretch is long enough. */
  amsSendProfiles(input: AmsSendInput): Promise<AmsSent>;
  /** Reads the profiles of all users that the account sees into a table. */
  amsReceiveProfiles(input: { options: AmsDownloadOptions }): Promise<{
    users: number;
    profiles: number;
    bytes: number;
    reference: TableReference;
    warnings?: string[];
  }>;
}
