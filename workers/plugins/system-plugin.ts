import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SimplePlugin } from '@temporalio/plugin';
import type { BundleOptions, Worker, WorkerOptions } from '@temporalio/worker';
import { createOperationsActivities } from '../../activities/index.js';
import { TidemarkError } from '../../contracts/errors.js';

/** The module that holds every Tidemark workflow, compiled or as source like this one: what a plugin that supplies them names. */
export const WORKFLOWS_PATH = workflowModule('index');

/** What a bundle of these workflows is to load once for all of a thread, rather than for each: `preloadModules` of Temporal's bundler. */
export const PRELOAD_PATH = workflowModule('preload');

function workflowModule(name: string): string {
  return fileURLToPath(new URL(`../../workflows/${name}${path.extname(import.meta.url)}`, import.meta.url));
}

/**
 * Heartbeats go out at least this often, so that a cancellation reaches an activity within seconds, although a worker is only taken
 * for dead after the heartbeat timeout of 10 s.
 */
const MAX_HEARTBEAT_INTERVAL_MS = 2_000;

export interface SystemPluginOptions {
  name: string;
  activities: object;
  /**
   * `true`: this plugin supplies all Tidemark workflows, for a worker without workflows of its own. Left out: the worker's own
   * `workflowsPath` re-exports them (`export * from 'tidemark/workflows'`). A prebuilt bundle is left alone either way.
   */
  workflows?: boolean;
}

/** What all Tidemark plugins have in common, on top of Temporal's own SimplePlugin: a taken name is an error. */
export class SystemPlugin extends SimplePlugin {
  private readonly system: SystemPluginOptions;

  constructor(options: SystemPluginOptions) {
    super({ name: options.name, activities: options.activities });
    this.system = options;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    for (const name of Object.keys(this.system.activities)) {
      if (options.activities !== undefined && name in options.activities) throw this.taken(name);
    }
    const configured = super.configureWorker({
      maxHeartbeatThrottleInterval: MAX_HEARTBEAT_INTERVAL_MS,
      ...options,
      // Every plugin brings those that belong to no system; what an earlier one has configured stays.
      activities: { ...createOperationsActivities(), ...options.activities },
    });
    if (this.system.workflows !== true || options.workflowBundle !== undefined) return configured;
    if (options.workflowsPath !== undefined && options.workflowsPath !== WORKFLOWS_PATH)
      throw this.twoSetsOfWorkflows();
    return { ...configured, workflowsPath: WORKFLOWS_PATH };
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    const { preloadModules = [], ...configured } = super.configureBundler(options);
    return { ...configured, preloadModules: [...preloadModules, PRELOAD_PATH] };
  }

  /** A plugin after this one may have put its own activity in the place of ours: the worker stops before its first task then. */
  override async runWorker(worker: Worker, next: (w: Worker) => Promise<void>): Promise<void> {
    const taken = Object.entries(this.system.activities).find(
      ([name, own]) => worker.options.activities.get(name) !== own,
    );
    if (taken === undefined) return super.runWorker(worker, next);
    const running = next(worker);
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
    throw this.taken(taken[0]);
  }

  private taken(name: string): TidemarkError {
    return new TidemarkError(
      `The plugin '${this.name}' brings an activity '${name}', and this worker has another one of that name.`,
      {
        code: 'ACTIVITY_NAME_TAKEN',
        retryable: false,
        mend: 'Give one of them another name, or list the plugin once.',
      },
    );
  }

  private twoSetsOfWorkflows(): TidemarkError {
    return new TidemarkError(
      `The plugin '${this.name}' is to supply the workflows, and this worker has a workflowsPath of its own.`,
      {
        code: 'WORKFLOWS_PATH_TAKEN',
        retryable: false,
        mend: "Add `export * from 'tidemark/workflows'` to that module and leave out the plugin's option `workflows`.",
      },
    );
  }
}
