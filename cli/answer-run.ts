import type { AmsProgress } from '../contracts/ams-results.js';
import { TidemarkError } from '../contracts/errors.js';
import { watchRun, type StartedRun } from '../workers/client/index.js';
import { askToConfirm, confirmRun, isWaiting, type Word } from './confirmation.js';
import { note } from './output.js';

export interface WaitingRun {
  run: StartedRun;
  progress: AmsProgress;
  /** Nobody is asked. */
  yes: boolean;
  /** Ctrl-C cancels the run. */
  cancelOnInterrupt: boolean;
}

/** Answers a run that waits for a confirmation, or has a person answer it. `left`: they went without an answer, and the run waits on. */
export async function answerRun(waiting: WaitingRun): Promise<'left' | 'goes on'> {
  const { run, yes, cancelOnInterrupt } = waiting;
  const word = yes ? 'yes' : await asked(waiting);
  switch (word) {
    case 'yes':
    case 'no':
      await confirmRun(run.handle, word).catch(tolerateOtherAnswer);
      return 'goes on';
    case 'withdrawn':
      note('The run does not wait any more: somebody else has answered, or it has ended.');
      return 'goes on';
    case 'left':
      if (cancelOnInterrupt) {
        note('Cancelling the run.');
        await run.handle.cancel();
        return 'goes on';
      }
      note(waitsFor(run));
      return 'left';
    default:
      note(waitsFor(run));
      return 'goes on';
  }
}

const waitsFor = ({ pipeline }: StartedRun): string =>
  `It waits for a confirmation: tidemark confirm ${pipeline} yes (or no)`;

/** The question is withdrawn as soon as the run does not wait any more: it can be answered elsewhere, too. */
async function asked({ run, progress }: WaitingRun): Promise<Word | undefined> {
  const withdrawn = new AbortController();
  const answered = new AbortController();
  const watching = watchRun(run.handle, {
    onProgress: (now) => {
      if (!isWaiting(now)) withdrawn.abort();
    },
    signal: answered.signal,
  }).then(
    () => withdrawn.abort(),
    // The question has been answered, or Temporal is away: then the answer itself tells.
    () => undefined,
  );
  try {
    return await askToConfirm(progress, withdrawn.signal);
  } finally {
    answered.abort();
    await watching;
  }
}

/** Somebody else was quicker: the run goes on by their word. */
function tolerateOtherAnswer(error: unknown): void {
  if (!(error instanceof TidemarkError) || error.code !== 'AMS_NOT_WAITING') throw error;
  note(error.message);
}
