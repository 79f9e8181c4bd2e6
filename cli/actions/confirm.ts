import { WorkflowNotFoundError } from '@temporalio/client';
import { CommanderError } from 'commander';
import { pipelineWorkflowId } from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { isUnderWay } from '../../contracts/under-way.js';
import { pipelineOf } from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { confirmRun } from '../confirmation.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { openClient } from '../temporal.js';

export const action: Action<object> = ({ args: [name = '', answer], options }) =>
  withClosers(async (closers) => {
    if (answer !== 'yes' && answer !== 'no') {
      note("tidemark: the answer is 'yes' or 'no'");
      throw new CommanderError(EXIT.usage, 'tidemark.answer', "the answer is 'yes' or 'no'");
    }
    const { loaded, temporal } = await openClient(options, closers);
    pipelineOf(loaded.config, name);
    const workflowId = pipelineWorkflowId(name);
    const handle = temporal.client.workflow.getHandle(workflowId);
    const found = await handle.describe().catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
    if (found === undefined || !isUnderWay(found.status))
      throw new TidemarkError(`No run of pipeline "${name}" is under way.`, { code: 'NOT_RUNNING', retryable: false });
    const given = await confirmRun(handle, answer);
    if (options.json) printJson({ pipeline: name, workflowId, ...given });
    else print(`${name}: answered '${given.answer}', by ${given.by}`);
    return EXIT.ok;
  });
