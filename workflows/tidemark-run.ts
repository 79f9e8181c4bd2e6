import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, sleep } from '@temporalio/workflow';
import { tidemarkRunInputSchema, type TidemarkRunInput } from '../contracts/run-inputs.js';
import { errorInfoOf, failRun, resultInFailure } from './failures.js';
import { parseInput } from './input.js';

/** One run of a configured pipeline: what Schedules start. */
export async function tidemarkRun(input: TidemarkRunInput): Promise<unknown> {
  const { pipeline, workflow, input: childInput, ifRunning } = parseInput('tidemarkRun', tidemarkRunInputSchema, input);
  for (;;) {
    try {
      return await executeChild(workflow, { workflowId: `tidemark/pipeline/${pipeline}`, args: [childInput] });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
        const info = errorInfoOf(error);
        throw failRun(info, info.message, resultInFailure(error));
      }
      const message = `A run of pipeline '${pipeline}' is under way.`;
      if (ifRunning === 'skip') return { summary: message, skipped: true };
      if (ifRunning === 'fail') throw failRun({ code: 'PIPELINE_RUNNING', message, retryable: true }, message);
      await sleep('5s');
    }
  }
}
