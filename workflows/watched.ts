import { ContinueAsNew, isCancellation } from '@temporalio/workflow';
import { inPlainWords } from './failures.js';
import { Progress } from './progress.js';

/** What lets people see a run. */
interface View {
  enter(phase: string, note?: string): void;
}

/**
 * Runs a workflow's body and lets people see it: its progress, in the end its summary or the reason of its failure. What a step or
 * child failed with, and nothing else has handled, fails the workflow in plain words.
 */
export function watched<T extends { summary: string }>(body: (progress: Progress) => Promise<T>): Promise<T> {
  return watchedBy(new Progress(), body);
}

/** The same for a workflow that shows itself in another way. */
export async function watchedBy<V extends View, T extends { summary: string }>(
  view: V,
  body: (view: V) => Promise<T>,
): Promise<T> {
  try {
    const result = await inPlainWords(() => body(view));
    view.enter('done', result.summary);
    return result;
  } catch (error) {
    if (error instanceof ContinueAsNew) view.enter('continuing as a new run');
    else if (isCancellation(error)) view.enter('cancelled');
    else view.enter('failed', error instanceof Error ? error.message : undefined);
    throw error;
  }
}
