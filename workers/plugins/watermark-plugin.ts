import type { WorkerOptions } from '@temporalio/worker';
import { createWatermarkActivities } from '../../activities/index.js';
import { QueueVisits } from './queue-visits.js';
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
  return new WatermarkPlugin(options, new QueueVisits());
}

/** Knows what its worker is made of, since it may have to fetch a watermark workflow from a queue that nobody polls. */
class WatermarkPlugin extends SystemPlugin {
  // Hidden from who writes a worker's options into a log as JSON, as Temporal's own loggers may: they would lead back to themselves.
  readonly #visits: QueueVisits;

  constructor({ workflows }: WatermarkPluginOptions, visits: QueueVisits) {
    super({
      name: 'tidemark.watermark',
      activities: createWatermarkActivities(visits.visit),
      ...(workflows === undefined ? {} : { workflows }),
    });
    this.#visits = visits;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    const configured = super.configureWorker(options);
    this.#visits.configured(configured);
    return configured;
  }
}
