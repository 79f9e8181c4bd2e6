import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import {
  pipelineInput,
  pipelineWorkflowId,
  type PipelineConfig,
  type TidemarkClientConfig,
} from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { nearNamesText } from '../../connectors/common/near-names.js';
import type { TemporalClient } from './connect.js';
import { runLink } from './links.js';

export interface StartedRun {
  pipeline: string;
  workflow: PipelineConfig['workflow'];
  workflowId: string;
  runId: string;
  /** Address of the run in the Web UI. */
  link: string | undefined;
  handle: WorkflowHandle;
}

/** @throws TidemarkError `UNKNOWN_PIPELINE`, which lists the near names */
export function pipelineOf(config: Pick<TidemarkClientConfig, 'pipelines'>, name: string): PipelineConfig {
  const pipeline = Object.hasOwn(config.pipelines, name) ? config.pipelines[name] : undefined;
  if (pipeline !== undefined) return pipeline;
  throw new TidemarkError(`There is no pipeline "${name}". ${nearNamesText(name, Object.keys(config.pipelines))}`, {
    code: 'UNKNOWN_PIPELINE',
    retryable: false,
  });
}

/**
 * Starts a run of a configured pipeline. Its workflow id is fixed, so that there is one run of a pipeline at a time.
 *
 * @throws TidemarkError `UNKNOWN_PIPELINE`, `PIPELINE_RUNNING` with the link of the run that is under way
 */
export async function startPipeline(
  { client, target }: TemporalClient,
  config: Pick<TidemarkClientConfig, 'pipelines'>,
  name: string,
): Promise<StartedRun> {
  const pipeline = pipelineOf(config, name);
  const workflowId = pipelineWorkflowId(name);
  try {
    const handle = await client.workflow.start(pipeline.workflow, {
      workflowId,
      taskQueue: target.taskQueue,
      args: [pipelineInput(name, pipeline)],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: pipeline.description ?? `Pipeline ${name}`,
      // Markdown, for whoever meets the run in the Web UI and does not know where it comes from.
      staticDetails: `Pipeline **${name}**\n\n- again: \`tidemark run ${name} --wait\`\n- cancel: \`tidemark cancel ${name}\``,
    });
    const runId = handle.firstExecutionRunId;
    return {
      pipeline: name,
      workflow: pipeline.workflow,
      workflowId,
      runId,
      link: runLink(target, workflowId, runId),
      handle,
    };
  } catch (cause) {
    if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    throw new TidemarkError(
      `Pipeline "${name}" is running already: ${runLink(target, workflowId, runId) ?? `run ${runId}`}`,
      {
        code: 'PIPELINE_RUNNING',
        retryable: true,
        mend: `Wait for its end, or cancel it: temporal workflow cancel --workflow-id ${workflowId}`,
        cause,
      },
    );
  }
}
