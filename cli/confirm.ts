import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { TidemarkError } from '../contracts/errors.js';

/** A terminal on which somebody can be asked: both ways must be one. */
export interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream & { isTTY?: boolean };
}

/** What a command asks goes to stderr: stdout is for its result. */
const TERMINAL: Terminal = { input: process.stdin, output: process.stderr };

/** Whether there is anybody to be asked. */
export const isInteractive = ({ input, output }: Terminal = TERMINAL): boolean =>
  input.isTTY === true && output.isTTY === true;

/**
 * Asks y or n until one of them comes; an end of the input is a no.
 *
 * @throws TidemarkError `CONFIRMATION_NEEDED` where nobody can be asked
 */
export async function confirm(question: string, terminal: Terminal = TERMINAL): Promise<boolean> {
  if (!isInteractive(terminal)) {
    throw new TidemarkError('This changes something, and there is no terminal on which to ask whether it may.', {
      code: 'CONFIRMATION_NEEDED',
      retryable: false,
      mend: 'Say --yes; --dry-run only shows the difference.',
    });
  }
  for (;;) {
    const answer = (await ask(`${question} [y/n] `, terminal))?.trim().toLowerCase();
    if (answer === 'y' || answer === 'yes') return true;
    if (answer === undefined || answer === 'n' || answer === 'no') return false;
  }
}

/** One line of an answer; undefined when the input ends, or the question is withdrawn, first. */
export async function ask(
  question: string,
  terminal: Terminal = TERMINAL,
  withdrawn?: AbortSignal,
): Promise<string | undefined> {
  const lines = createInterface({ ...terminal, terminal: false });
  const withdraw = (): void => lines.close();
  withdrawn?.addEventListener('abort', withdraw, { once: true });
  try {
    // Not `question`: where the input ends with the answer, its end may overtake it.
    return await new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
      if (withdrawn?.aborted === true) {
        resolve(undefined);
        return;
      }
      lines.setPrompt(question);
      lines.prompt();
    });
  } finally {
    withdrawn?.removeEventListener('abort', withdraw);
    lines.close();
  }
}
