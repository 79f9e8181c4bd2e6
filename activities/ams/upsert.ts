import type {
  AmsActivities,
  AmsCheckedTable,
  AmsSendInput,
  AmsSendState,
  AmsSent,
  AmsStepInput,
} from '../../contracts/ams-activities.js';
import { TidemarkError } from '../../contracts/errors.js';
import { toFailure } from '../failure.js';
import { runStep, type Step } from '../step.js';
import type { AmsDependencies } from './dependencies.js';
import { Ledger } from './ledger.js';
import { OneAtATime } from './one-at-a-time.js';
import { Pace } from './pace.js';
import type { PreparedProfiles } from './prepare.js';
import { RefusedRows } from './refusals.js';
import { asRowList } from './row-lists.js';
import { Sender } from './send.js';
import type { AmsRuns } from './runs.js';

/** Often enough that little is repeated, seldom enough that lists of failures have few parts. */
const COMMIT_EVERY_MS = 500;
/** Sooner than any request times out: after standing still, what is under way is broken off before it could be sent once more. */
const WATCH_EVERY_MS = 200;
/** Attempts from this one on are brief: the next stretch counts its attempts anew, so what is tried in vain counts, not a long way. */
const BRIEF_FROM_ATTEMPT = 4;
const BRIEF_ROWS = 500;
/** A table that has changed so often while it was sent never stands still. */
const MAX_RESTARTS = 3;

export function upsertActivities(
  dependencies: AmsDependencies,
  runs: AmsRuns,
): Pick<AmsActivities, 'amsCheckProfiles' | 'amsSendProfiles'> {
  const alone = new OneAtATime();
  return {
    amsCheckProfiles: (input) =>
      runStep<{ phase: string; rows: number }, AmsCheckedTable>(async (step) => {
        const onRows = (rows: number): void => step.mark({ phase: 'checking rows', rows });
        const { spool, ...checked } = await runs.prepare(input, step.signal, onRows).catch((error: unknown) => {
          // The rows go along: the run's result lists them.
          throw error instanceof RefusedRows ? toFailure(error, error.refused) : error;
        });
        await spool.remove();
        return checked;
      }),

    amsSendProfiles: (input) =>
      runStep<AmsSendState, AmsSent>((step) =>
        // An attempt that was taken for dead may still have requests under way.
        alone.run(nameOf(input), () => sendStretch(input, dependencies, runs, step)),
      ),
  };
}

const nameOf = ({ options, run }: AmsStepInput): string =>
  JSON.stringify([options.connection, run.workflowId, run.runId]);

async function sendStretch(
  input: AmsSendInput,
  dependencies: AmsDependencies,
  runs: AmsRuns,
  step: Step<AmsSendState>,
): Promise<AmsSent> {
  const { options, run } = input;
  const prepared = await runs.prepare(input, step.signal);
  const { spool } = prepared;
  try {
    const ledger = new Ledger(whereItIs(input, prepared, step.resumed), dependencies.results, run, step.mark);
    const sender = new Sender({
      ams: runs.clientOf(options.connection),
      options,
      spool,
      ledger,
      pace: new Pace(options.ratePerSecond),
      step,
      maxRows:
        step.attempt < BRIEF_FROM_ATTEMPT ? options.rowsPerStretch : Math.min(BRIEF_ROWS, options.rowsPerStretch),
    });
    const timer = setInterval(
      () => void ledger.commit().catch((error: unknown) => sender.fail(error)),
      COMMIT_EVERY_MS,
    );
    const watch = setInterval(() => sender.checkPulse(), WATCH_EVERY_MS);
    try {
      const ended = await sender.run();
      return await sentSoFar(ledger, dependencies, ended);
    } catch (error) {
      if (step.signal.aborted) {
        await ledger.commit();
        throw error;
      }
      throw toFailure(error, await sentSoFar(ledger, dependencies, 'stopped'));
    } finally {
      clearInterval(timer);
      clearInterval(watch);
    }
  } finally {
    await spool.remove();
  }
}

async function sentSoFar(ledger: Ledger, { results }: AmsDependencies, ended: AmsSent['ended']): Promise<AmsSent> {
  const state = await ledger.commit();
  return { state, ended, failures: await asRowList(ledger.failures, results) };
}

/** Goes on where the latest word was; from the beginning when the table is another one, or in another order. Error `AMS_TABLE_CHANGED`. */
function whereItIs(
  { options, content, state }: AmsSendInput,
  prepared: PreparedProfiles,
  resumed: AmsSendState | undefined,
): AmsSendState {
  if (options.requireConfirmation && prepared.content !== content) throw changed('since it was confirmed');
  const known = resumed ?? state;
  const { rows, leftOut, spool } = prepared;
  const order = spool.order;
  if (known?.order === order) return known;
  const restarts = known === undefined ? 0 : known.restarts + 1;
  if (restarts > MAX_RESTARTS) throw changed(`${restarts} times while it was sent`);
  return { order, rows, leftOut, next: 0, open: [], upserted: 0, failed: 0, parts: 0, listed: 0, restarts };
}

function changed(when: string): TidemarkError {
  return new TidemarkError(`The source table has changed ${when}.`, {
    code: 'AMS_TABLE_CHANGED',
    retryable: false,
    mend: 'Run again, from a table that stands still.',
  });
}
