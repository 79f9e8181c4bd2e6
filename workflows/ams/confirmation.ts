import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { amsConfirmSchema, type AmsConfirm } from '../../contracts/ams-inputs.js';
import type { AmsConfirmation } from '../../contracts/ams-results.js';
import { parseInput } from '../input.js';

/** Update `confirm`: who answers, and what. */
export const confirmUpdate = defineUpdate<AmsConfirmation, [AmsConfirm]>('confirm');

/** Lets people say yes or no, while the run waits for it. */
export class Confirmation {
  private isWaiting = false;
  private given: AmsConfirmation | undefined;

  /** To be made at the beginning of the run: an update may come before its first step has ended. */
  constructor() {
    setHandler(
      confirmUpdate,
      ({ by, answer }) => {
        this.given = { by, answer, at: new Date().toISOString() };
        this.isWaiting = false;
        return this.given;
      },
      {
        // Called before anything is recorded: an answer that is refused leaves nothing in the history.
        validator: (input) => {
          parseInput('confirm', amsConfirmSchema, input);
          if (!this.isWaiting) throw notWaiting(this.given);
        },
        description: "Lets the run send its profiles, or ends it: { by: 'name', answer: 'yes' | 'no' }.",
      },
    );
  }

  /** The answer; undefined when nobody gave one in time. */
  async ask(seconds: number): Promise<AmsConfirmation | undefined> {
    this.isWaiting = true;
    await condition(() => this.given !== undefined, seconds * 1_000);
    this.isWaiting = false;
    return this.given;
  }
}

function notWaiting(given: AmsConfirmation | undefined): ApplicationFailure {
  const message =
    given === undefined
      ? 'The run does not wait for a confirmation now.'
      : `The run was answered already: '${given.answer}', by ${given.by}.`;
  return ApplicationFailure.nonRetryable(message, 'AMS_NOT_WAITING', {
    code: 'AMS_NOT_WAITING',
    message,
    retryable: false,
  });
}
