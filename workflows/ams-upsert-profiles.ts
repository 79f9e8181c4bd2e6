import { ActivityFailure, continueAsNew, TimeoutFailure, workflowInfo } from '@temporalio/workflow';
import {
  amsUpsertProfilesInputSchema,
  type AmsUpsertOptions,
  type AmsUpsertProfilesInput,
} from '../contracts/ams-inputs.js';
import type {
  AmsCheckedTable,
  AmsRefusedTable,
  AmsRunIdentity,
  AmsSendState,
  AmsSent,
} from '../contracts/ams-activities.js';
import type { AmsUpsertProfilesResult } from '../contracts/ams-results.js';
import { grouped } from '../contracts/readable.js';
import { Confirmation } from './ams/confirmation.js';
import { ProfilesView } from './ams/profiles-view.js';
import { NOTHING_YET, upsertResult, type AmsTally } from './ams/result.js';
import { checkCarried } from './carried.js';
import { errorInfoOf, failWith, resultInFailure } from './failures.js';
import { parseInput } from './input.js';
import { profiles } from './steps.js';
import { watchedBy } from './watched.js';

interface Carried {
  version: 1;
  run: AmsRunIdentity;
  content: string;
  tally: AmsTally;
  state: AmsSendState;
}

/**
 * Writes one profile per user into a form of Teamworks AMS. Everything is checked before anything is sent; what was sent and confirmed
 * is not sent again, whatever happens to workers. Update `confirm` answers a run that waits for it.
 * @param input see {@link amsUpsertProfilesInputSchema}
 */
export function amsUpsertProfiles(input: AmsUpsertProfilesInput, carried?: Carried): Promise<AmsUpsertProfilesResult> {
  const confirmation = new Confirmation();
  return watchedBy(new ProfilesView(), (view) => run(input, { view, confirmation, carried }), input);
}

interface Surroundings {
  view: ProfilesView;
  confirmation: Confirmation;
  carried: Carried | undefined;
}

async function run(input: AmsUpsertProfilesInput, around: Surroundings): Promise<AmsUpsertProfilesResult> {
  const { view, confirmation, carried } = around;
  const options = parseInput('amsUpsertProfiles', amsUpsertProfilesInputSchema, input);
  checkCarried(carried);
  view.about(options);
  if (carried !== undefined) return send(input, options, view, carried);

  const { workflowId, runId } = workflowInfo();
  const identity = { workflowId, runId };
  view.enter('checking form, users and rows');
  const checked = await check(options, identity, view);
  let tally: AmsTally = { ...NOTHING_YET, ...checkedPart(checked) };
  view.know(tally);
  if (options.requireConfirmation) {
    view.enter('reading the profiles as they are');
    const changes = await profiles(`What would be changed in ${options.form}`).amsPlanProfiles({
      options,
      run: identity,
    });
    tally = { ...tally, changes };
    view.know(tally);
    view.waits(Date.now() + options.confirmTimeoutSeconds * 1_000);
    const given = await confirmation.ask(options.confirmTimeoutSeconds);
    tally = given === undefined ? tally : { ...tally, confirmation: given };
    if (given?.answer !== 'yes') {
      const result = upsertResult(options.form, tally, given === undefined ? 'not confirmed' : 'cancelled by user');
      view.ended(result.result);
      return result;
    }
  }
  return send(input, options, view, { run: identity, content: checked.content, tally });
}

function checkedPart({ rows, leftOut, quarantine }: AmsCheckedTable): Partial<AmsTally> {
  return { rows, leftOut, ...(quarantine === undefined ? {} : { quarantine }) };
}

/** A table that is refused fails the run, and its result lists the rows that must be mended. */
async function check(options: AmsUpsertOptions, run: AmsRunIdentity, view: ProfilesView): Promise<AmsCheckedTable> {
  try {
    return await profiles(`Check form, users and rows for ${options.form}`).amsCheckProfiles({ options, run });
  } catch (error) {
    const info = errorInfoOf(error);
    const refused = resultInFailure(error);
    if (!isRefused(refused)) throw failWith(info, info.message);
    const { rows, refused: failed, list: failures, quarantine } = refused;
    const tally = { ...NOTHING_YET, rows, failed, failures, ...(quarantine === undefined ? {} : { quarantine }) };
    view.know(tally);
    view.ended('failed');
    throw failWith(info, info.message, upsertResult(options.form, tally));
  }
}

type Sending = Omit<Carried, 'version' | 'state'> & { state?: AmsSendState };

async function send(
  input: AmsUpsertProfilesInput,
  options: AmsUpsertOptions,
  view: ProfilesView,
  { run: identity, content, tally: before, state: known }: Sending,
): Promise<AmsUpsertProfilesResult> {
  let tally = before;
  let state = known;
  view.enter('sending profiles');
  for (;;) {
    if (state !== undefined) tally = added(tally, state);
    view.know(tally);
    try {
      const ended: AmsSent = await profiles(summaryOf(options, state)).amsSendProfiles({
        options,
        run: identity,
        content,
        ...(state === undefined ? {} : { state }),
      });
      state = ended.state;
      tally = { ...added(tally, state), failures: ended.failures };
      if (ended.ended !== 'stretch') return conclude(options, view, tally, ended.ended);
    } catch (error) {
      const info = errorInfoOf(error);
      tally = lastKnown(error, tally);
      view.know(tally);
      view.ended(upsertResult(options.form, tally).result);
      throw failWith(info, info.message, upsertResult(options.form, tally));
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof amsUpsertProfiles>(input, { version: 1, run: identity, content, tally, state });
  }
}

function summaryOf({ form }: AmsUpsertOptions, state: AmsSendState | undefined): string {
  return state === undefined
    ? `Profiles of ${form}`
    : `Profiles of ${form}, ${grouped(state.upserted + state.failed)} rows done`;
}

const added = (tally: AmsTally, { rows, leftOut, upserted, failed }: AmsSendState): AmsTally => ({
  ...tally,
  ...{ rows, leftOut, upserted, failed, attemptedInVain: failed },
});

/** Some rows failed: the result says which. None written, or told to stop: then the run has failed, too. */
function conclude(
  options: AmsUpsertOptions,
  view: ProfilesView,
  tally: AmsTally,
  ended: AmsSent['ended'],
): AmsUpsertProfilesResult {
  view.know(tally);
  const result = upsertResult(options.form, tally);
  view.ended(result.result);
  if (tally.failed === 0 || (tally.upserted > 0 && ended !== 'stopped')) return result;
  const [first] = tally.failures.inline;
  const reason = first === undefined ? '' : ` Row ${first.row}: ${first.reason}`;
  const info = { code: 'AMS_ROWS_FAILED', message: `${result.summary}${reason}`, retryable: false };
  throw failWith(info, info.message, result);
}

/** What a step that failed says of the rows before it; of one that died, its latest heartbeat. */
function lastKnown(error: unknown, tally: AmsTally): AmsTally {
  const sent = resultInFailure(error);
  if (isSent(sent)) return { ...added(tally, sent.state), failures: sent.failures };
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const beat: unknown = cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
  return isState(beat) ? added(tally, beat) : tally;
}

const has = (value: unknown, ...keys: string[]): boolean =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);

// What the plugin's own activities put there, told from one another by their keys.
const isRefused = (value: unknown): value is AmsRefusedTable => has(value, 'refused', 'list');
const isSent = (value: unknown): value is AmsSent => has(value, 'state', 'failures');
const isState = (value: unknown): value is AmsSendState => has(value, 'order', 'upserted', 'failed');
