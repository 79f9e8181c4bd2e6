import type { TableWatermark } from '../../contracts/titan-results.js';
import type { Advance, Opened } from '../../contracts/watermark.js';
import { failWith } from '../failures.js';
import type { Progress } from '../progress.js';
import { identityOfRun } from '../run-identity.js';
import { watermark } from '../steps.js';
import { heldOf, pendingOf, valueOf } from './decide.js';
import { watermarkErrorOf } from './error.js';

/** Whose watermarks they are. */
export interface MarksOwner {
  pipeline: string;
  run: string;
}

/** Where one table of a run begins. */
export interface TableMark {
  /** Null: from nothing. */
  from: unknown;
  /** Id of what a person has set, which is where it begins from. */
  override?: string;
  /** Number of the run's next advance. */
  sequence: number;
  note?: string;
}

export function marksOwner(pipeline: string): MarksOwner {
  return { pipeline, run: identityOfRun() };
}

/** What the pipeline holds for these tables. Without it a run can't begin: the failure says why. */
export async function openMarks({ pipeline, run }: MarksOwner, keys: string[]): Promise<Opened> {
  try {
    return await watermark(`Read the high watermarks of ${pipeline}`).tidemarkOpenWatermarks({ pipeline, run, keys });
  } catch (error) {
    const info = watermarkErrorOf(error);
    throw failWith(info, info.message);
  }
}

export function markOf(opened: Opened, key: string, run: string): TableMark {
  const held = heldOf(opened, key);
  const pending = pendingOf(opened, key);
  const sequence = held?.run === run ? held.sequence + 1 : 1;
  if (pending !== undefined) {
    const { id, kind, by, reason } = pending;
    return { from: valueOf(pending), override: id, sequence, note: `${kind} by ${by}: ${reason}` };
  }
  if (held !== undefined) return { from: held.value, sequence };
  return { from: null, sequence, note: whyNone(opened) };
}

/** Lets people see where each table of a run begins. */
export function showMarks(progress: Progress, keys: readonly string[], { run }: MarksOwner, opened: Opened): void {
  for (const key of keys) progress.mark(key, markOf(opened, key, run).from);
}

function whyNone({ lost }: Opened): string {
  if (lost === undefined) return 'no mark yet: begun from nothing';
  const at = lost.at === null ? '' : ` at ${lost.at}`;
  return `no mark: the workflow that held it ended as ${lost.status}${at}, and the target can't hold it, so it is begun from nothing`;
}

/**
 * Tells the pipeline that a table has come to `to`: to be called once its rows are safe. One that has not moved is left alone, but for what
 * a person has set: that is done.
 */
export async function advanceTable(
  owner: MarksOwner,
  key: string,
  mark: TableMark,
  to: string,
): Promise<TableWatermark> {
  const { from, override, sequence, note } = mark;
  if (to !== from || override !== undefined) {
    await watermark(`Advance the high watermark of ${key}`).tidemarkAdvanceWatermark({
      ...owner,
      key,
      // JSON, as an activity has brought it.
      from: from as Advance['from'],
      to,
      sequence,
      ...(override === undefined ? {} : { override }),
    });
  }
  return { from, to, ...(note === undefined ? {} : { note }) };
}
