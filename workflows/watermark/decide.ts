import type { Advance, PendingOverride, Rebuild } from '../../contracts/watermark.js';
import { jsonEqual } from '../json-equal.js';
import type { WatermarkState } from './state.js';

/** Whether a run may do what it asks for: it may, it has done it before, or it is refused for a reason. */
export type Verdict = 'new' | 'done' | { refused: string };

type Known = Pick<WatermarkState, 'watermarks' | 'overrides' | 'replaced' | 'superseded'>;

/** Fencing: a run's advances come one after another, each from where the last one ended, and none after another run's. */
export function decideAdvance(known: Known, advance: Advance): Verdict {
  const { key, to, run, sequence } = advance;
  if (known.superseded.includes(run)) return superseded(run);
  const held = heldOf(known, key);
  if (held?.run === run) {
    if (held.sequence === sequence && jsonEqual(held.value, to)) return 'done';
    if (sequence !== held.sequence + 1)
      return refused(`run ${run} has advanced it ${held.sequence} times, so its next is ${held.sequence + 1}`, advance);
  } else if (sequence !== 1) {
    return refused(held === undefined ? 'nothing is held yet' : `it is run ${held.run} that has advanced it`, advance);
  }
  if (!jsonEqual(startOf(known, advance), advance.from))
    return refused('it is not where the run has started from', advance);
  return 'new';
}

/** The target's copy decides, but not for a run that has advanced since, or whose time is over. */
export function decideRebuild(known: Known, { key, to, run, override }: Rebuild): Verdict {
  if (known.superseded.includes(run)) return superseded(run);
  const held = heldOf(known, key);
  if (held?.run !== run) return 'new';
  if (held.sequence > 0)
    return { refused: `The high watermark '${key}' has been advanced by run ${run} since: it is not rebuilt.` };
  const isDone = override === undefined || pendingOf(known, key)?.id !== override;
  return isDone && jsonEqual(held.value, to) ? 'done' : 'new';
}

/** Where the run must have started: at what a person has set, where it says so, else at what is held. */
function startOf(known: Known, { key, override }: Advance): unknown {
  const given = [pendingOf(known, key), ...known.replaced].find((each) => each?.id === override);
  if (override !== undefined && given !== undefined) return valueOf(given);
  return heldOf(known, key)?.value ?? null;
}

/** A reset begins from nothing. */
export function valueOf(override: PendingOverride): unknown {
  return override.kind === 'reset' ? null : override.value;
}

/** Keys are names of tables, and `constructor` may be one. */
export function heldOf(
  { watermarks }: Pick<Known, 'watermarks'>,
  key: string,
): Known['watermarks'][string] | undefined {
  return Object.hasOwn(watermarks, key) ? watermarks[key] : undefined;
}

export function pendingOf({ overrides }: Pick<Known, 'overrides'>, key: string): PendingOverride | undefined {
  return Object.hasOwn(overrides, key) ? overrides[key] : undefined;
}

function superseded(run: string): Verdict {
  return { refused: `Another run has taken the place of run ${run}, which changes nothing any more.` };
}

function refused(reason: string, { key, run, sequence }: Advance): Verdict {
  return { refused: `The high watermark '${key}' does not take advance ${sequence} of run ${run}: ${reason}.` };
}
