import type { AmsRowList } from '../../contracts/ams-activities.js';
import type { AmsLeftOut, AmsOutcome, AmsUpsertProfilesResult } from '../../contracts/ams-results.js';
import { counted, grouped } from '../../contracts/readable.js';

/** What is known of a run's rows. */
export interface AmsTally extends Pick<AmsUpsertProfilesResult, 'quarantine' | 'changes' | 'confirmation'> {
  rows: number;
  leftOut: AmsLeftOut;
  upserted: number;
  /** Rows that AMS refused, or that were refused before anything was sent. */
  failed: number;
  /** Of the failed ones, those that were sent. */
  attemptedInVain: number;
  failures: AmsRowList;
}

export const NOTHING_YET: AmsTally = {
  rows: 0,
  leftOut: { unknownUsers: 0, superseded: 0, empty: 0 },
  upserted: 0,
  failed: 0,
  attemptedInVain: 0,
  failures: { inline: [] },
};

/** `unsent`: why nothing was sent, when somebody decided so. */
export function upsertResult(
  form: string,
  tally: AmsTally,
  unsent?: 'cancelled by user' | 'not confirmed',
): AmsUpsertProfilesResult {
  const { rows, leftOut, upserted, failed, attemptedInVain, failures, quarantine, changes, confirmation } = tally;
  const counts = {
    result: unsent ?? outcomeOf(tally),
    rows,
    upserted,
    attempted: upserted + attemptedInVain,
    failed,
    notAttempted: rows - upserted - failed,
  };
  return {
    form,
    ...counts,
    leftOut,
    failures: failures.inline,
    ...(failures.reference === undefined ? {} : { failuresReference: failures.reference }),
    ...(quarantine === undefined ? {} : { quarantine }),
    ...(changes === undefined ? {} : { changes }),
    ...(confirmation === undefined ? {} : { confirmation }),
    summary: summaryOf(form, counts, leftOut),
  };
}

/** A run in which some rows failed is no success. */
function outcomeOf({ rows, upserted, leftOut }: AmsTally): AmsOutcome {
  if (upserted + leftOut.superseded + leftOut.empty === rows) return 'success';
  return upserted > 0 ? 'partial' : 'failed';
}

type Counts = Pick<AmsUpsertProfilesResult, 'result' | 'rows' | 'upserted' | 'failed' | 'notAttempted'>;

/** `Athlete Profile: partial. 4,990 of 5,000 rows upserted, 10 failed, 0 not attempted.` */
function summaryOf(
  form: string,
  { result, rows, upserted, failed, notAttempted }: Counts,
  leftOut: AmsLeftOut,
): string {
  const reasons = [
    ...(leftOut.unknownUsers > 0 ? [`${grouped(leftOut.unknownUsers)} of unknown users, in quarantine`] : []),
    ...(leftOut.superseded > 0 ? [`${grouped(leftOut.superseded)} with a later row for the same user`] : []),
    ...(leftOut.empty > 0 ? [`${grouped(leftOut.empty)} without a value`] : []),
  ];
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  return `${form}: ${result}. ${grouped(upserted)} of ${counted(rows, 'row')} upserted, ${grouped(failed)} failed, ${grouped(notAttempted)} not attempted${why}.`;
}
