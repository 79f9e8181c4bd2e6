import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, ChildWorkflowFailure, executeChild, isCancellation, sleep } from '@temporalio/workflow';
import { tidemarkRunInputSchema, type TidemarkRunInput } from '../contracts/run-inputs.js';
import { errorInfoOf } from './failures.js';
import { parseInput } from './input.js';

/** One run of a configured pipeline: what Schedules start. */
export async function tidemarkRun(input: TidemarkRunInput): Promise<unknown> {
  const { pipeline, workflow, input: childInput, ifRunning } = parseInput('tidemarkRun', tidemarkRunInputSchema, input);
  for (;;) {
    try {
      return await executeChild(workflow, {
        workflowId: `tidemark/pipeline/${pipeline}`,
        args: [childInput],
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        parentClosePolicy: 'REQUEST_CANCEL',
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError && ifRunning === 'wait') await sleep('5s');
      else if (error instanceof WorkflowExecutionAlreadyStartedError && ifRunning === 'skip') {
        return { summary: `Skipped: pipeline ${pipeline} is running already` };
      } else if (error instanceof WorkflowExecutionAlreadyStartedError) {
        throw ApplicationFailure.nonRetryable(`Pipeline "${pipeline}" is running already.`, 'PIPELINE_RUNNING');
      } else if (error instanceof ChildWorkflowFailure && !isCancellation(error)) {
        const info = errorInfoOf(error);
        throw ApplicationFailure.create({
          message: info.message,
          type: info.code,
          nonRetryable: !info.retryable,
          details: [info],
        });
      } else throw error;
    }
  }
}
