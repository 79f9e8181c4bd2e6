import { WorkflowNotFoundError } from '@temporalio/client';
import { pipelineWorkflowId } from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { isUnderWay } from '../../contracts/under-way.js';
import { pipelineOf, runLink } from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { openClient } from '../temporal.js';

export const action: Action<object> = ({ args: [name = ''], options }) =>
  withClosers(async (closers) => {
    const { loaded, temporal } = await openClient(options, closers);
    pipelineOf(loaded.config, name);
    const workflowId = pipelineWorkflowId(name);
    const handle = temporal.client.workflow.getHandle(workflowId);
    const found = await handle.describe().catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
    if (found === undefined || !isUnderWay(found.status)) {
      throw new TidemarkError(`No run of pipeline "${name}" is under way.`, {
        code: 'NOT_RUNNING',
        retryable: false,
      });
    }
    await handle.cancel();
    const link = runLink(temporal.target, workflowId, found.runId);
    if (options.json) printJson({ pipeline: name, workflowId, runId: found.runId, link });
    else print(`cancelling: ${link ?? workflowId}`);
    return EXIT.ok;
  });
