import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { startWorkflow, WorkflowRunOperationHandler } from '@temporalio/nexus';
import * as nexus from 'nexus-rpc';
import { pipelineWorkflowId } from '../../contracts/config.js';
import { OPERATION_WORKFLOWS, tidemarkService } from '../../contracts/nexus.js';

/** Longest workflow id that Temporal takes by default. */
const MAX_WORKFLOW_ID = 1_000;

type Operation = keyof typeof OPERATION_WORKFLOWS;
type Handlers = Parameters<typeof nexus.serviceHandler<(typeof tidemarkService)['operations']>>[1];

/** The handlers of the service `tidemark`: each operation is a run of its workflow, on the worker's own task queue. */
export function tidemarkServiceHandler(): nexus.ServiceHandler {
  const names = Object.keys(OPERATION_WORKFLOWS) as Operation[]; // the object's own keys
  const handlers = Object.fromEntries(names.map((name) => [name, runOf(name)]));
  // A handler of the operation's own types for each name; `fromEntries` forgets the names.
  return nexus.serviceHandler(tidemarkService, handlers as unknown as Handlers);
}

function runOf(operation: Operation): WorkflowRunOperationHandler<unknown, unknown> {
  const workflow = OPERATION_WORKFLOWS[operation];
  return new WorkflowRunOperationHandler(async (context, given) => {
    const { workflowId, input } = parted(given);
    // The same request, when it is delivered again, finds the workflow that it has started.
    const id = workflowId ?? `tidemark/nexus/${operation}/${context.requestId}`;
    try {
      return await startWorkflow(context, workflow, {
        workflowId: id,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `${operation}, by Nexus`,
      });
    } catch (cause) {
      if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
      throw refused(
        'RUN_EXISTS',
        `A workflow with the id '${id}' is running already, so this operation was not begun.`,
      );
    }
  });
}

/** Only what the workflow itself cannot check is checked here: a bad input fails the workflow, whose failure names path and value. */
function parted(given: unknown): { workflowId: string | undefined; input: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { workflowId: undefined, input: given };
  const { workflowId, ...input } = given as Record<string, unknown>; // an object of JSON
  const pipeline = input['pipeline'];
  const own = typeof pipeline === 'string' ? pipelineWorkflowId(pipeline) : undefined;
  if (workflowId === undefined) return { workflowId: own, input };
  if (typeof workflowId === 'string' && workflowId !== '' && workflowId.length <= MAX_WORKFLOW_ID)
    return { workflowId, input };
  throw refused('ValidationError', `workflowId: expected a text of 1 to ${MAX_WORKFLOW_ID} characters.`);
}

/** Ends the operation at once; the innermost cause that the caller sees carries the code, as with a workflow's failure. */
function refused(code: string, message: string): nexus.OperationError {
  const cause = ApplicationFailure.nonRetryable(message, code, { code, message, retryable: false });
  return new nexus.OperationError('failed', message, { cause });
}
