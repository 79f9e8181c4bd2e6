import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandleWithFirstExecutionRunId, WorkflowStartOptions } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE, pipelineWorkflowId } from '../../contracts/config.js';
import type { TidemarkWorkflows, WorkflowInput, WorkflowName, WorkflowResult } from '../../contracts/workflow-types.js';

/**
 * Anything that Temporal's client takes for a start. Left out: `taskQueue` is `tidemark`; `workflowId` is the pipeline's own when the
 * input names a `pipeline`, so that its runs never overlap, else a new one.
 */
export type StartOptions = Partial<Omit<WorkflowStartOptions, 'args'>>;

export type StartedWorkflow<Name extends WorkflowName> = WorkflowHandleWithFirstExecutionRunId<TidemarkWorkflows[Name]>;

/**
 * Starts one of Tidemark's workflows by its name; input and result are those of the name.
 *
 * @throws WorkflowExecutionAlreadyStartedError of Temporal when a workflow of that id is running
 * @example
 * const run = await startWorkflow(client, 'titanImportBatch', { connection: 'tenant', branch: { name: 'main' }, tables });
 * const { batch } = await run.result();
 */
export async function startWorkflow<Name extends WorkflowName>(
  client: Client,
  name: Name,
  input: WorkflowInput<Name>,
  options: StartOptions = {},
): Promise<StartedWorkflow<Name>> {
  const handle = await client.workflow.start(name, {
    taskQueue: DEFAULT_TASK_QUEUE,
    workflowId: workflowIdFor(name, input),
    workflowIdConflictPolicy: 'FAIL',
    ...options,
    args: [input],
  });
  // The client knows types by a workflow's function; here they go by its name.
  return handle as StartedWorkflow<Name>;
}

/** Starts one and waits for its result. Throws Temporal's `WorkflowFailedError` when it fails. */
export async function executeWorkflow<Name extends WorkflowName>(
  client: Client,
  name: Name,
  input: WorkflowInput<Name>,
  options?: StartOptions,
): Promise<WorkflowResult<Name>> {
  // What a workflow of this name returns; the client resolves it only for a name that is known.
  return (await (await startWorkflow(client, name, input, options)).result()) as WorkflowResult<Name>;
}

function workflowIdFor(name: string, input: object): string {
  const pipeline: unknown = Reflect.get(input, 'pipeline');
  return typeof pipeline === 'string' ? pipelineWorkflowId(pipeline) : `tidemark/${name}/${randomUUID()}`;
}
