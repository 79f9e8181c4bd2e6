import {
  startPipeline,
  watchRun,
  type RunOutcome,
  type RunProgress,
  type StartedRun,
} from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import { answerRun, type WaitingRun } from '../answer-run.js';
import type { Action } from '../command.js';
import { isWaiting } from '../confirmation.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { QUIET, withProgress, type ProgressDisplay } from '../render/progress.js';
import { failuresIn, isUnsent, readResult, resultLines } from '../render/result.js';
import { withSignals } from '../signals.js';
import { openClient } from '../temporal.js';

export interface RunOptions {
  wait: boolean;
  cancelOnInterrupt: boolean;
  yes: boolean;
  quiet: boolean;
  json: boolean;
}

export const action: Action<RunOptions> = ({ args, options }) =>
  withClosers(async (closers) => {
    const { loaded, temporal } = await openClient(options, closers);
    const run = await startPipeline(temporal, loaded.config, args[0] ?? '');
    const { handle, ...facts } = run;
    if (!options.wait) {
      if (options.json) printJson(facts);
      else print(`started: ${linkOf(run)}`);
      return EXIT.ok;
    }
    note(`${run.pipeline}: ${linkOf(run)}`);
    const outcome = await waitFor(run, options);
    if (outcome === 'left') {
      note(`The run goes on: ${linkOf(run)}\nTo cancel it: tidemark cancel ${run.pipeline}`);
      return EXIT.interrupted;
    }
    if (options.json) printJson({ ...facts, ...outcome });
    else printOutcome(run, outcome);
    return exitCodeOf(outcome);
  });

const linkOf = ({ link, workflowId, runId }: StartedRun) => link ?? `workflow ${workflowId}, run ${runId}`;

/** Watches until the run is over; where it waits for a confirmation, somebody is asked, once. */
async function waitFor(run: StartedRun, options: RunOptions): Promise<RunOutcome | 'left'> {
  let mayAsk = true;
  for (;;) {
    const outcome = await watch(run, options, mayAsk);
    if (typeof outcome === 'string' || !('confirm' in outcome)) return outcome;
    mayAsk = false;
    const word = await answerRun({ run, progress: outcome.confirm, ...options });
    if (word === 'left') return word;
  }
}

/** A run that waits for a confirmation. */
interface Asked {
  confirm: WaitingRun['progress'];
}

async function watch(
  run: StartedRun,
  { cancelOnInterrupt, quiet }: RunOptions,
  mayAsk: boolean,
): Promise<RunOutcome | Asked | 'left'> {
  const leave = new AbortController();
  let asked: Asked | undefined;
  const work = ({ show, say }: ProgressDisplay): Promise<RunOutcome | Asked | 'left'> => {
    const onSignal = (times: number) => {
      if (!cancelOnInterrupt || times > 1) {
        leave.abort();
        return;
      }
      say('Cancelling the run; Ctrl-C again leaves it to itself.');
      run.handle
        .cancel()
        .catch((error: unknown) => say(`It could not be cancelled: ${error instanceof Error ? error.message : ''}`));
    };
    const onProgress = (progress: RunProgress) => {
      show(progress);
      if (!mayAsk || !isWaiting(progress)) return;
      // The question needs the terminal for itself.
      asked = { confirm: progress };
      leave.abort();
    };
    const onSilence = () => say('No worker answers: is `tidemark worker` up, on this task queue?');
    return withSignals(onSignal, async () => {
      try {
        return await watchRun(run.handle, { onProgress, onSilence, signal: leave.signal });
      } catch (error) {
        if (leave.signal.aborted) return asked ?? 'left';
        throw error;
      }
    });
  };
  return quiet ? work(QUIET) : withProgress(run.pipeline, work);
}

function printOutcome(run: StartedRun, outcome: RunOutcome): void {
  const result = readResult('result' in outcome ? outcome.result : undefined);
  if (result !== undefined) print(resultLines(result).join('\n'));
  if (outcome.outcome === 'completed') print(`${run.pipeline}: ended ${linkOf(run)}`);
  else
    note(
      `tidemark: ${run.pipeline} ${outcome.outcome}: ${outcome.error.message} (${outcome.error.code}) ${linkOf(run)}`,
    );
  const failures = outcome.outcome === 'completed' ? failuresIn(result) : 0;
  if (failures > 0) note(`tidemark: ${run.pipeline} ended, but ${failures} of its tables, domains or rows failed`);
}

function exitCodeOf(outcome: RunOutcome): number {
  if (outcome.outcome === 'cancelled') return EXIT.cancelled;
  if (outcome.outcome !== 'completed') return EXIT.failed;
  const result = readResult(outcome.result);
  if (isUnsent(result)) return EXIT.cancelled;
  return failuresIn(result) > 0 ? EXIT.failed : EXIT.ok;
}
