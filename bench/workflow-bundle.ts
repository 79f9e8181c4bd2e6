import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { WORKFLOWS_PATH } from '../workers/plugins/system-plugin.js';

/** Workflows are bundled beforehand, as Temporal advises for production: the bundler's memory is not the worker's then. */
export async function bundleWorkflows(folder: string): Promise<string> {
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger });
  const file = path.join(folder, 'workflow-bundle.js');
  await writeFile(file, code);
  return file;
}
