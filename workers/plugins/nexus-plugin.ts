import { SimplePlugin } from '@temporalio/plugin';
import { tidemarkServiceHandler } from '../nexus/service.js';

/**
 * The Nexus service `tidemark` for workflows of other namespaces and languages. The worker needs Tidemark's workflows too, and the
 * namespace an endpoint that leads to its task queue: see docs/from-workflows.md.
 *
 * @example
 * const worker = await Worker.create({
 *   connection, taskQueue: 'tables', workflowsPath, plugins: [titanRdmPlugin({ ... }), nexusPlugin()],
 * });
 */
export function nexusPlugin(): SimplePlugin {
  return new SimplePlugin({ name: 'tidemark.nexus', nexusServices: [tidemarkServiceHandler()] });
}
