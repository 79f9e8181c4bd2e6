import path from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { writeWorkflowBundle } from '../workers/workflow-bundle.js';

/** Workflows are bundled beforehand, as `tidemark bundle` does it: the bundler's memory is not the worker's then. */
export async function bundleWorkflows(folder: string): Promise<string> {
  const file = path.join(folder, 'workflow-bundle.js');
  await writeWorkflowBundle(file, { logger: new DefaultLogger('WARN') });
  return file;
}
