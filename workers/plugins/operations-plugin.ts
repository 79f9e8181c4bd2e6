import { createOperationsActivities, type OperationsDependencies } from '../../activities/index.js';
import { SystemPlugin } from './system-plugin.js';

export type OperationsPluginOptions = OperationsDependencies;

/**
 * What belongs to the running of pipelines rather than to a system, configured: list it before the other plugins. They bring the same
 * steps with their defaults, so a worker can do without.
 */
export function operationsPlugin(options: OperationsPluginOptions = {}): SystemPlugin {
  return new SystemPlugin({ name: 'tidemark.operations', activities: createOperationsActivities(options) });
}
