import type { Overlap } from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { counted } from '../../contracts/readable.js';
import {
  backfillSchedule,
  dueTimes,
  MAX_BACKFILL,
  ownSchedule,
  scheduleLink,
  type DueRange,
} from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { openClient } from '../temporal.js';

export interface BackfillOptions {
  from: string;
  to: string;
  overlap: Overlap;
  dryRun: boolean;
}

export const action: Action<BackfillOptions> = ({ args: [name = ''], options }) =>
  withClosers(async (closers) => {
    const range = { from: instant('--from', options.from), to: instant('--to', options.to) };
    if (range.to < range.from) throw badRange('--to is before --from.');
    const { loaded, temporal } = await openClient(options, closers);
    const live = await ownSchedule(temporal, loaded.config, name);
    const due = await dueTimes(temporal, live, range);
    refuseCount(name, due, range);
    const { overlap, dryRun } = options;
    if (!dryRun) await backfillSchedule(temporal, live, { ...range, overlap });
    const link = scheduleLink(temporal.target, live.scheduleId);
    if (options.json) printJson({ pipeline: name, scheduleId: live.scheduleId, overlap, dryRun, due, link });
    else {
      const linked = link === undefined ? '' : `  ${link}`;
      print(`${dryRun ? 'would be due' : 'due'}: ${counted(due.length, 'run')}, ${spanOf(due)}${linked}`);
      print(`overlap ${overlap}: ${MEANING[overlap]}`);
    }
    return EXIT.ok;
  });

/** What becomes of the due runs, of which all are due at the same moment: now. */
export const MEANING: Readonly<Record<Overlap, string>> = {
  skip: 'one run starts, unless one of this Schedule is under way; the others are left out, since it has not ended',
  bufferOne:
    'one run starts, or waits for the end of the one under way; one more waits for its end; the others are left out',
  bufferAll: 'they run one after the other, all of them, after the one that is under way',
  cancelOther: 'each cancels the one before, the one under way too, so that only the last comes to its end',
  terminateOther: 'as cancelOther, but those before cannot tidy up',
  allowAll:
    "all start at once, and the pipeline's runs wait for each other, are left out or fail, as its 'ifRunning' says",
};

/** A point in time: with its zone, or a date alone, which is midnight UTC. */
function instant(option: string, text: string): Date {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? new Date(text)
    : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw new TidemarkError(`${option}: "${text}" is no point in time.`, {
    code: 'BAD_INSTANT',
    retryable: false,
    mend: 'Write 2026-01-31T02:00:00Z, or with an offset in place of Z; a date alone is midnight UTC.',
  });
}

function refuseCount(name: string, due: readonly Date[], { from, to }: DueRange): void {
  const range = `from ${from.toISOString()} to ${to.toISOString()}`;
  if (due.length === 0) throw badRange(`Pipeline "${name}" was not due ${range}.`);
  if (due.length > MAX_BACKFILL)
    throw badRange(`Pipeline "${name}" was due more than ${MAX_BACKFILL} times ${range}: take it in parts.`);
}

function badRange(message: string): TidemarkError {
  return new TidemarkError(message, { code: 'BACKFILL_RANGE', retryable: false });
}

function spanOf(due: readonly Date[]): string {
  const [first, last] = [due[0]?.toISOString() ?? '', due.at(-1)?.toISOString() ?? ''];
  return first === last ? `of ${first}` : `of ${first} to ${last}`;
}
