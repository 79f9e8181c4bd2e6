import type { WorkflowHandle } from '@temporalio/client';
import { TidemarkError } from '../contracts/errors.js';
import type { AmsChanges, AmsConfirmation, AmsProgress } from '../contracts/ams-results.js';
import { counted, grouped } from '../contracts/readable.js';
import type { RunProgress } from '../workers/client/index.js';
import { ask, isInteractive } from './confirm.js';
import { note, printable } from './output.js';
import { withSignals } from './signals.js';
import { userName } from './user-name.js';

const MAX_FIELDS = 20;

/** Whether the run stands still until somebody says yes or no. */
export function isWaiting(progress: RunProgress): progress is AmsProgress {
  return 'confirmUntil' in progress;
}

/** What the server calls it when it turns down an update that no worker has looked at, as it does under load. */
const UNHEARD = 'UnprocessedUpdate';
/** Times that an answer is given to a server which turns it down before the run has heard it. */
const TRIES = 3;

/** Answers a run that waits. Error `AMS_NOT_WAITING`. */
export async function confirmRun(handle: WorkflowHandle, answer: 'yes' | 'no'): Promise<AmsConfirmation> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await handle.executeUpdate<AmsConfirmation, [object]>('confirm', { args: [{ by: userName(), answer }] });
    } catch (error) {
      const refused = refusal(error);
      if (refused?.code !== UNHEARD || tries === TRIES) throw refused ?? error;
    }
  }
}

/** The run's own word why it takes no answer. */
function refusal(error: unknown): TidemarkError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !('type' in cause) || typeof cause.type !== 'string') return undefined;
  return new TidemarkError(cause.message, { code: cause.type, retryable: false, cause: error });
}

/** What came of a question: an answer, Ctrl-C or the end of the input in place of one, or nothing, since the question was withdrawn. */
export type Word = 'yes' | 'no' | 'left' | 'withdrawn';

/** Shows what would be changed and asks on the terminal until y or n comes. Undefined where nobody can be asked. */
export async function askToConfirm(progress: AmsProgress, withdrawn: AbortSignal): Promise<Word | undefined> {
  if (!isInteractive()) return undefined;
  for (const line of changeLines(progress.changes)) note(line);
  const question = `Upsert ${counted(progress.changes?.users ?? progress.rows, 'profile')} in '${printable(progress.form)}'? (y/n) `;
  const left = new AbortController();
  const over = AbortSignal.any([left.signal, withdrawn]);
  return withSignals(
    () => left.abort(),
    async () => {
      for (;;) {
        const answer = (await ask(question, undefined, over))?.trim().toLowerCase();
        if (answer === 'y' || answer === 'yes') return 'yes';
        if (answer === 'n' || answer === 'no') return 'no';
        if (answer !== undefined) continue;
        // The cursor stands behind the question.
        note('');
        return withdrawn.aborted ? 'withdrawn' : 'left';
      }
    },
  );
}

/** What a run would change, field by field. */
export function changeLines(changes: Omit<AmsChanges, 'sample'> | undefined): string[] {
  if (changes === undefined) return [];
  const { readable, users, created, changed, unchanged, fields } = changes;
  if (!readable)
    return [
      `${counted(users, 'user')} would be written; the account may not read profiles: what changes is not known.`,
    ];
  const counts = Object.entries(fields).sort(([, a], [, b]) => b - a);
  const shown = counts.slice(0, MAX_FIELDS);
  return [
    `${counted(users, 'user')} would be written: ${grouped(created)} new, ${grouped(changed)} changed, ${grouped(unchanged)} as they are`,
    ...shown.map(([field, count]) => `  ${field}: ${counted(count, 'user')}`),
    ...(counts.length > shown.length ? [`  … and ${grouped(counts.length - shown.length)} more fields`] : []),
  ];
}
