import { ContinueAsNew, isCancellation } from '@temporalio/workflow';
import { errorInfoOf, inPlainWords, resultInFailure } from './failures.js';
import { reportOwnEnd, type OwnEnd } from './operations/report-end.js';
import { movedIn, outcomeOfResult, rowsIn, RunAttributes } from './operations/run-attributes.js';
import { NO_SETTINGS, runSettings } from './operations/run-settings.js';
import { Progress } from './progress.js';

/** What lets people see a run. */
interface View {
  enter(phase: string, note?: string): void;
}

/**
 * Runs a workflow's body and lets people see it: its progress, in the end its summary or the reason of its failure. What a step or
 * child failed with, and nothing else has handled, fails the workflow in plain words.
 *
 * @param input the workflow's own, which need not have been checked: the run can be searched for by what it names
 */
export function watched<T extends { summary: string }>(
  body: (progress: Progress) => Promise<T>,
  input?: unknown,
): Promise<T> {
  return watchedBy(new Progress(), body, input);
}

/** The same for a workflow that shows itself in another way. */
export async function watchedBy<V extends View, T extends { summary: string }>(
  view: V,
  body: (view: V) => Promise<T>,
  input?: unknown,
): Promise<T> {
  let settings = NO_SETTINGS;
  // Nothing of the body waits for it.
  const asked = runSettings().then((found) => {
    settings = found;
    new RunAttributes(found.searchAttributes).begin(input);
  });
  asked.catch(() => undefined);
  const end = async (outcome: OwnEnd['outcome'], result: unknown, error?: unknown): Promise<void> => {
    await asked;
    new RunAttributes(settings.searchAttributes).end(outcome, result);
    await reportOwnEnd(settings, {
      outcome,
      ...rowsIn(result),
      ...movedIn(result),
      ...(error === undefined ? {} : { error: errorInfoOf(error) }),
    });
  };
  try {
    const result = await inPlainWords(() => body(view));
    view.enter('done', result.summary);
    await end(outcomeOfResult(result), result);
    return result;
  } catch (error) {
    if (error instanceof ContinueAsNew) view.enter('continuing as a new run');
    else if (isCancellation(error)) {
      view.enter('cancelled');
      await end('cancelled', undefined);
    } else {
      view.enter('failed', error instanceof Error ? error.message : undefined);
      await end('failed', resultInFailure(error), error);
    }
    throw error;
  }
}
