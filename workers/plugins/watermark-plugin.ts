import { createWatermarkActivities } from '../../activities/index.js';
import { SystemPlugin } from './system-plugin.js';

export interface WatermarkPluginOptions {
  /** See `SystemPluginOptions.workflows`. */
  workflows?: boolean;
}

/**
 * The watermark plugin: the steps by which runs reach `tidemarkWatermark`, the workflow that holds a pipeline's high watermarks, and by
 * which `tidemarkRun` waits for a run that is under way. It goes beside the plugins of the systems.
 *
 * @example
 * const worker = await Worker.create({
 *   connection, taskQueue: 'tables', workflowsPath,
 *   plugins: [postgresPlugin({ connections: { warehouse } }), watermarkPlugin()],
 * });
 */
export function watermarkPlugin(options: WatermarkPluginOptions = {}): SystemPlugin {
  return new SystemPlugin({
    name: 'tidemark.watermark',
    activities: createWatermarkActivities(),
    ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
  });
}
