import { ContinueAsNew, isCancellation } from '@temporalio/workflow';
import { inPlainWords } from './failures.js';
import { Progress } from './progress.js';

/**
 * Runs a workflow's body and lets people see it: its progress, in the end its summary or the reason of its failure. What a step or
 * child failed with, and nothing else has handled, fails the workflow in plain words.
 */
export async function watched<T extends { summary: string }>(body: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = new Progress();
  try {
    const result = await inPlainWords(() => body(progress));
    progress.enter('done', result.summary);
    return result;
  } catch (error) {
    if (error instanceof ContinueAsNew) progress.enter('continuing as a new run');
    else if (isCancellation(error)) progress.enter('cancelled');
    else progress.enter('failed', error instanceof Error ? error.message : undefined);
    throw error;
  }
}
