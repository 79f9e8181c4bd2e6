import type { Notification, RunEnd, WatchSettings } from '../../contracts/operations.js';

/** All that a watch remembers of its pipeline: small, whatever the number of runs. */
export interface WatchState {
  version: 1;
  /** Of the latest run that counted. */
  outcome: 'none' | 'good' | 'bad';
  /** Since when it has been so. ISO 8601. */
  since: string;
  /** Runs that have failed since the latest success. */
  failures: number;
  /** Runs whose end is known: it may be told twice. */
  seen: string[];
  latest?: NonNullable<Notification['run']>;
  /** When the high watermark moved last, as far as it is known; at first, when watching began. ISO 8601. */
  movedAt: string;
  /** Since when somebody has been told that it stands still. */
  staleSince: string | null;
  staleAfterSeconds: number | null;
}

const MAX_SEEN = 20;

export function newWatch(now: string): WatchState {
  return {
    version: 1,
    outcome: 'none',
    since: now,
    failures: 0,
    seen: [],
    movedAt: now,
    staleSince: null,
    staleAfterSeconds: null,
  };
}

/** What follows from a thing that happened: the state after it, and what to tell. */
export interface Verdict {
  state: WatchState;
  tell: Told[];
}

/** A notification without what is the same for all of them. */
export type Told = Omit<Notification, 'version' | 'pipeline' | 'at' | 'id'>;

/** A run has ended. A cancelled one says nothing of the pipeline's health; one some of whose tables failed counts as failed. */
export function judgeEnd(before: WatchState, end: RunEnd, now: string): Verdict {
  if (before.seen.includes(end.runId)) return { state: before, tell: [] };
  const { workflow, workflowId, runId, outcome, rows } = end;
  const latest = { workflow, workflowId, runId, outcome, ...(rows === undefined ? {} : { rows }) };
  const state: WatchState = { ...before, seen: [...before.seen, runId].slice(-MAX_SEEN), latest };
  const moved = end.moved === true ? judgeMove(state, now, end) : { state, tell: [] };
  if (outcome === 'cancelled') return moved;
  const health = outcome === 'success' ? recovered(moved.state, end, now) : failed(moved.state, end, now);
  return { state: health.state, tell: [...moved.tell, ...health.tell] };
}

function failed(before: WatchState, end: RunEnd, now: string): Verdict {
  const failures = before.failures + 1;
  const since = before.outcome === 'bad' ? before.since : now;
  const { error, pipeline } = end;
  const reason = error?.message ?? 'some of its tables failed';
  return {
    state: { ...before, outcome: 'bad', since, failures },
    tell: [
      {
        event: 'failure',
        text: `Pipeline ${pipeline} failed${failures > 1 ? `, ${failures} times in a row` : ''}: ${reason}`,
        failures,
        ...(before.latest === undefined ? {} : { run: before.latest }),
        ...(error === undefined ? {} : { error }),
      },
    ],
  };
}

function recovered(before: WatchState, { pipeline }: RunEnd, now: string): Verdict {
  if (before.outcome !== 'bad')
    return { state: { ...before, outcome: 'good', since: before.outcome === 'good' ? before.since : now }, tell: [] };
  const { failures, since, latest } = before;
  return {
    state: { ...before, outcome: 'good', since: now, failures: 0 },
    tell: [
      {
        event: 'recovery',
        text: `Pipeline ${pipeline} works again, after ${failures === 1 ? 'a failed run' : `${failures} failed runs`}.`,
        after: 'failure',
        since,
        ...(latest === undefined ? {} : { run: latest }),
      },
    ],
  };
}

/** The high watermark has moved. */
export function judgeMove(before: WatchState, movedAt: string, { pipeline }: Pick<RunEnd, 'pipeline'>): Verdict {
  const state: WatchState = { ...before, movedAt, staleSince: null };
  if (before.staleSince === null) return { state, tell: [] };
  const text = `The high watermark of pipeline ${pipeline} moves again.`;
  const run = before.latest === undefined ? {} : { run: before.latest };
  return { state, tell: [{ event: 'recovery', text, after: 'stale', since: before.staleSince, ...run }] };
}

/** The high watermark was looked at: `movedAt` is when it moved last, null when nobody knows more than the watch. */
export function judgeStanding(
  before: WatchState,
  movedAt: string | null,
  now: string,
  of: Pick<RunEnd, 'pipeline'>,
): Verdict {
  if (movedAt !== null && movedAt > before.movedAt) {
    const later = { ...before, movedAt };
    // It has moved, and then stood still for too long again.
    if (isOverdue(later, now))
      return before.staleSince === null ? standing(later, now, of) : { state: later, tell: [] };
    return judgeMove(before, movedAt, of);
  }
  if (!isOverdue(before, now) || before.staleSince !== null) return { state: before, tell: [] };
  return standing(before, now, of);
}

function standing(before: WatchState, now: string, { pipeline }: Pick<RunEnd, 'pipeline'>): Verdict {
  const { movedAt, staleAfterSeconds, latest } = before;
  return {
    state: { ...before, staleSince: now },
    tell: [
      {
        event: 'stale',
        text: `The high watermark of pipeline ${pipeline} has not moved since ${movedAt}.`,
        since: movedAt,
        ...(staleAfterSeconds === null ? {} : { staleAfterSeconds }),
        ...(latest === undefined ? {} : { run: latest }),
      },
    ],
  };
}

export function isOverdue(state: WatchState, now: string): boolean {
  return state.staleAfterSeconds !== null && Date.parse(now) >= staleAt(state, state.staleAfterSeconds);
}

const staleAt = ({ movedAt }: WatchState, seconds: number): number => Date.parse(movedAt) + seconds * 1_000;

/** Milliseconds until the high watermark must be looked at; null: never. One that stands still is looked at again after as long. */
export function nextLook(state: WatchState, now: string): number | null {
  const { staleAfterSeconds, staleSince } = state;
  if (staleAfterSeconds === null) return null;
  const at = staleSince === null ? staleAt(state, staleAfterSeconds) : Date.parse(now) + staleAfterSeconds * 1_000;
  return Math.max(1, at - Date.parse(now));
}

/** The config says something else of the pipeline. */
export function reconfigured(state: WatchState, { staleAfterSeconds }: WatchSettings): WatchState {
  return { ...state, staleAfterSeconds };
}
