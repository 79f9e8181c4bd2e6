import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import { z } from 'zod';
import {
  WATCH_CONFIGURED,
  WATCH_ENDED,
  type Notification,
  type OperationsActivities,
  runEndSchema,
  type RunEnd,
  watchSettingsSchema,
  type WatchSettings,
} from '../contracts/operations.js';
import { pipelineNameSchema } from '../contracts/titan-common.js';
import { checkCarried } from './carried.js';
import { errorInfoOf } from './failures.js';
import { parseInput } from './input.js';
import { upgradesItself } from './operations/versioning.js';
import { LOOK, NOTIFY } from './policies.js';
import {
  judgeEnd,
  judgeStanding,
  newWatch,
  nextLook,
  reconfigured,
  type Verdict,
  type WatchState,
} from './watch/judge.js';
import { watchMarkdown } from './watch/markdown.js';

const inputSchema = z.strictObject({ version: z.literal(1).default(1), pipeline: pipelineNameSchema });
export type TidemarkWatchInput = z.input<typeof inputSchema>;

/** Signal: a run of the pipeline has ended. */
export const watchEndedSignal = defineSignal<[RunEnd, WatchSettings]>(WATCH_ENDED);
/** Signal: what the config says of the pipeline now. */
export const watchConfiguredSignal = defineSignal<[WatchSettings]>(WATCH_CONFIGURED);
/** Query: what the watch knows. */
export const watchQuery = defineQuery<WatchState>('watch');

setWorkflowOptions(upgradesItself, tidemarkWatch);

/**
 * Watches one pipeline, for as long as it is there: is told of each run's end, has a timer for a high watermark that stands still, and
 * sends notifications. Needs no cron and no search: what it has to know is its own state.
 */
export async function tidemarkWatch(input: TidemarkWatchInput, carried?: WatchState): Promise<void> {
  const told: Told[] = [];
  // Before anything can fail: a signal is never lost. Anybody may send one: what is no end is left out, since it would stop the watch.
  setHandler(watchEndedSignal, (end, settings) => void told.push(...readTold(settings, end)));
  setHandler(watchConfiguredSignal, (settings) => void told.push(...readTold(settings)));
  const { pipeline } = parseInput('tidemarkWatch', inputSchema, input);
  checkCarried(carried);
  let state = carried ?? newWatch(now());
  let undelivered: string | undefined;
  setHandler(watchQuery, () => state);

  for (;;) {
    setCurrentDetails(watchMarkdown(pipeline, state, undelivered));
    const timeout = nextLook(state, now());
    const isTold = (): boolean => told.length > 0;
    const inTime = timeout === null ? await condition(isTold).then(() => true) : await condition(isTold, timeout);
    for (const { end, settings } of told.splice(0)) {
      state = reconfigured(state, settings);
      if (end !== undefined) await follow(judgeEnd(state, end, now()), end.runId);
    }
    if (!inTime) {
      const movedAt = await proxyActivities<OperationsActivities>(LOOK).tidemarkLatestMove({ pipeline });
      await follow(judgeStanding(state, movedAt, now(), { pipeline }), now());
    }
    if (workflowInfo().continueAsNewSuggested && told.length === 0 && allHandlersFinished())
      await continueAsNew<typeof tidemarkWatch>(input, state);
  }

  async function follow(verdict: Verdict, cause: string): Promise<void> {
    ({ state } = verdict);
    for (const { event, text, ...more } of verdict.tell) {
      const id = `${pipeline}/${cause}/${event}`;
      const notification: Notification = { version: 1, id, event, pipeline, at: now(), text, ...more };
      try {
        const { delivered } = await proxyActivities<OperationsActivities>({ ...NOTIFY, summary: text }).tidemarkNotify(
          notification,
        );
        if (delivered > 0) undelivered = undefined;
      } catch (error) {
        // A webhook that is gone must not end the watch: the next notification may arrive.
        undelivered = errorInfoOf(error).message;
      }
    }
  }
}

interface Told {
  end?: RunEnd;
  settings: WatchSettings;
}

function readTold(settings: unknown, end?: unknown): Told[] {
  const parsed = watchSettingsSchema.safeParse(settings);
  const ended = runEndSchema.optional().safeParse(end);
  if (!parsed.success || !ended.success) return [];
  return [{ settings: parsed.data, ...(ended.data === undefined ? {} : { end: ended.data }) }];
}

/** Temporal's clock: the same in a replay. */
const now = (): string => new Date().toISOString();
