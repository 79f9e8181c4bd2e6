import type { Findings } from '../findings.js';

/** From when to when a run was at work, by its history: all its continuations together. Milliseconds since 1970. */
export interface Span {
  /** Workflow id and the first execution's run id. */
  identity: string;
  /** When a worker was first given something to do for it. */
  began: number;
  /** Undefined: it is open. */
  ended: number | undefined;
  /** Why it did not end well; undefined when it did. */
  failure: string | undefined;
}

/** A run that was open for longer counts as stuck: all attempts of a step, with the waits between them, take five minutes. */
export const STUCK_AFTER_MS = 400_000;

/** Whether something has happened while the run was open; all clocks are this machine's. */
export function isWithin({ began, ended }: Span, at: number): boolean {
  return at >= began && (ended === undefined || at <= ended);
}

/** The runs of one pipeline: one after the other, each to a good end, none for ever. */
export function judgeSpans(spans: readonly Span[], findings: Findings): void {
  const inOrder = [...spans].sort((a, b) => a.began - b.began);
  let latest: Span | undefined;
  for (const span of inOrder) {
    if (latest !== undefined && !(latest.ended !== undefined && latest.ended <= span.began))
      findings.add('overlapped', `${span.identity} began while ${latest.identity} was open`);
    judgeEnd(span, findings);
    latest = span;
  }
}

/**
 * What a Schedule has started for one pipeline: all have ended well, and in time. One that waits for its turn is late only when those
 * before it are, so its time counts from the latest end of another one.
 */
export function judgeTurns(spans: readonly Span[], findings: Findings): void {
  for (const span of spans) {
    const { began, ended = Infinity } = span;
    const others = spans.flatMap((other) => (other !== span && other.ended !== undefined ? [other.ended] : []));
    judgeEnd({ ...span, began: Math.max(began, ...others.filter((end) => end < ended)) }, findings);
  }
}

/** One run: it has ended, well, and in time. */
function judgeEnd({ identity, began, ended, failure }: Span, findings: Findings): void {
  if (ended === undefined) findings.add('stuck', `${identity} is open`);
  else if (ended - began > STUCK_AFTER_MS)
    findings.add('stuck', `${identity} took ${Math.round((ended - began) / 1_000)} s`);
  if (failure !== undefined) findings.add('wrong', `${identity} ended badly: ${failure}`);
}
