import {
  allHandlersFinished,
  condition,
  defineQuery,
  defineUpdate,
  makeContinueAsNewFunc,
  setHandler,
  setWorkflowOptions,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import {
  advanceSchema,
  MAX_STATE_BYTES,
  MAX_VALUE_BYTES,
  openSchema,
  rebuildSchema,
  resetWatermarkSchema,
  setWatermarkSchema,
  watermarkInputSchema,
  type Advance,
  type Open,
  type Opened,
  type PendingOverride,
  type PendingOverrides,
  type Rebuild,
  type Recorded,
  type ResetWatermark,
  type SetWatermark,
  type WatermarkEvent,
  type WatermarkInput,
  type Watermarks,
} from '../contracts/watermark.js';
import { checkCarried } from './carried.js';
import { failWith } from './failures.js';
import { parseInput } from './input.js';
import { upgradesItself } from './operations/versioning.js';
import { decideAdvance, decideRebuild, pendingOf, type Verdict } from './watermark/decide.js';
import { Keeper, now } from './watermark/keeper.js';
import { handleMoves } from './watermark/moves.js';
import { bytesOf, emptyState, type WatermarkState } from './watermark/state.js';
import { showWatermarks } from './watermark/view.js';

interface Carried {
  version: 1;
  state: WatermarkState;
}

export const watermarksQuery = defineQuery<Watermarks>('watermarks');
export const historyQuery = defineQuery<WatermarkEvent[]>('history');
export const overridesQuery = defineQuery<PendingOverrides>('overrides');
export const openUpdate = defineUpdate<Opened, [Open]>('open');
export const advanceUpdate = defineUpdate<Recorded, [Advance]>('advance');
export const rebuildUpdate = defineUpdate<Recorded, [Rebuild]>('rebuild');
export const setUpdate = defineUpdate<PendingOverride, [SetWatermark]>('set');
export const resetUpdate = defineUpdate<PendingOverride, [ResetWatermark]>('reset');

setWorkflowOptions(upgradesItself, tidemarkWatermark);

/** Room for run, sequence and instant beside a value; a run's identity may have 300 characters of 3 bytes. */
const ENTRY_BYTES = 1_200;

/**
 * Holds the high watermarks of one pipeline, across its runs, for ever. All is done by queries and updates, whose handlers never wait;
 * what is refused is refused by a validator, so that it leaves nothing in the history.
 * @param input see {@link watermarkInputSchema}
 */
export async function tidemarkWatermark(input: WatermarkInput, carried?: Carried): Promise<void> {
  const { pipeline, lost } = parseInput('tidemarkWatermark', watermarkInputSchema, input);
  checkCarried(carried);
  const keeper = new Keeper(carried?.state ?? emptyState(lost));
  const show = (): void => showWatermarks(pipeline, keeper.state);
  handleQueries(keeper);
  handleRuns(keeper, show);
  handlePeople(keeper, show);
  const moves = handleMoves();
  show();
  await condition(() => workflowInfo().continueAsNewSuggested || moves.to !== undefined);
  await condition(allHandlersFinished);
  const goOn = makeContinueAsNewFunc<typeof tidemarkWatermark>(moves.to === undefined ? {} : { taskQueue: moves.to });
  await goOn(input, { version: 1, state: keeper.state });
}

function handleQueries({ state }: Keeper): void {
  setHandler(watermarksQuery, () => state.watermarks, { description: 'The high watermarks, by key.' });
  setHandler(historyQuery, () => state.events, {
    description: 'The latest changes, oldest first: who, when, why, from, to, which run.',
  });
  setHandler(overridesQuery, () => state.overrides, {
    description: 'What people have set and no run has applied yet, by key.',
  });
}

function handleRuns(keeper: Keeper, show: () => void): void {
  const { state } = keeper;
  setHandler(openUpdate, (input) => keeper.open(parseInput('open', openSchema, input)), {
    validator: (input) => void parseInput('open', openSchema, input),
    description: 'What a run begins from. Changes nothing.',
  });
  setHandler(
    advanceUpdate,
    (input) => {
      const advance = parseInput('advance', advanceSchema, input);
      // An update before this one, of the same task, may have brought it there between the validator and now.
      if (admitted(decideAdvance(state, advance)) === 'done') return { changed: false };
      keeper.advance(advance);
      show();
      return { changed: true };
    },
    {
      validator: (input) => {
        const advance = parseInput('advance', advanceSchema, input);
        if (admitted(decideAdvance(state, advance)) === 'new') checkSize(keeper, advance.key, advance.to);
      },
      description: 'A run has brought the target from one watermark to another.',
    },
  );
  setHandler(
    rebuildUpdate,
    (input) => {
      const rebuild = parseInput('rebuild', rebuildSchema, input);
      if (admitted(decideRebuild(state, rebuild)) === 'done') return { changed: false };
      keeper.rebuild(rebuild);
      show();
      return { changed: true };
    },
    {
      validator: (input) => {
        const rebuild = parseInput('rebuild', rebuildSchema, input);
        if (admitted(decideRebuild(state, rebuild)) === 'new') checkSize(keeper, rebuild.key, rebuild.to);
      },
      description: "The target's own copy of the watermark takes the place of the one held here.",
    },
  );
}

function handlePeople(keeper: Keeper, show: () => void): void {
  const pend = (key: string, override: Omit<PendingOverride, 'id' | 'at'>, id: string | undefined): PendingOverride => {
    const before = pendingOf(keeper.state, key);
    if (id !== undefined && before?.id === id) return before;
    const made = { id: id ?? uuid4(), ...override, at: now() };
    keeper.override(key, made);
    show();
    return made;
  };
  setHandler(
    setUpdate,
    (input) => {
      const { key, value, by, reason, id } = parseInput('set', setWatermarkSchema, input);
      return pend(key, { kind: 'set', value, by, reason }, id);
    },
    {
      validator: (input) => {
        const { key, value } = parseInput('set', setWatermarkSchema, input);
        checkSize(keeper, key, value);
      },
      description: 'The next run begins from this value.',
    },
  );
  setHandler(
    resetUpdate,
    (input) => {
      const { key, by, reason, id } = parseInput('reset', resetWatermarkSchema, input);
      return pend(key, { kind: 'reset', value: null, by, reason }, id);
    },
    {
      validator: (input) => checkSize(keeper, parseInput('reset', resetWatermarkSchema, input).key, null),
      description: 'The next run begins from nothing.',
    },
  );
}

/** Throws the failure of what is refused. */
function admitted(verdict: Verdict): 'new' | 'done' {
  if (typeof verdict === 'string') return verdict;
  const message = `${verdict.refused} One run at a time may advance a pipeline's watermarks: the next one goes on from what is held.`;
  throw failWith({ code: 'HIGH_WATERMARK_MOVED', message, retryable: false }, message);
}

/** State that is too large could not be carried over: the workflow would be lost with all that it holds. */
function checkSize(keeper: Keeper, key: string, value: unknown): void {
  const bytes = bytesOf(value);
  if (bytes <= MAX_VALUE_BYTES && keeper.bytesWith(key, 2 * (bytes + ENTRY_BYTES)) <= MAX_STATE_BYTES) return;
  const message =
    bytes > MAX_VALUE_BYTES
      ? `The value of '${key}' has ${bytes} bytes as JSON; a high watermark has ${MAX_VALUE_BYTES} at most.`
      : `All high watermarks of this pipeline together would have more than ${MAX_STATE_BYTES} bytes. Divide its tables among several pipelines.`;
  throw failWith({ code: 'WATERMARK_TOO_LARGE', message, retryable: false }, message);
}
