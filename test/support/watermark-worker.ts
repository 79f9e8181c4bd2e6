import { randomUUID } from 'node:crypto';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { updateWatermarks, type Reach } from '../../activities/watermark/reach.js';
import {
  watermarkWorkflowId,
  type Advance,
  type PendingOverrides,
  type WatermarkEvent,
  type Watermarks,
} from '../../contracts/watermark.js';
import { watermarkPlugin } from '../../workers/plugins/watermark-plugin.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './environment.js';

export const KEY = 'cust_customers';

/** The first advance of a first run, but for what is said. */
export const advance = (more: Partial<Advance> = {}): Advance => ({
  key: KEY,
  from: null,
  to: 1,
  run: 'run 1',
  sequence: 1,
  ...more,
});

/** A worker with the watermark plugin, and the watermark workflow of a pipeline as its clients see it. */
export interface WatermarkBench {
  temporal: TemporalTestEnvironment;
  /** Name of a pipeline that nobody else has. */
  pipeline: () => string;
  /** Sends an update, as an activity would. */
  update: typeof updateWatermarks;
  reach: (pipeline: string) => Reach;
  watermarks: (pipeline: string) => Promise<Watermarks>;
  history: (pipeline: string) => Promise<WatermarkEvent[]>;
  overrides: (pipeline: string) => Promise<PendingOverrides>;
  replaceWorker: () => Promise<void>;
  close: () => Promise<void>;
}

export async function openWatermarkBench(
  options: { server?: { address: string; namespace: string }; worker?: Partial<WorkerOptions> } = {},
): Promise<WatermarkBench> {
  const temporal = await temporalTestEnvironment(options.server);
  const { client, taskQueue, namespace, nativeConnection, bundlePath } = temporal;
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection: nativeConnection,
      namespace,
      taskQueue,
      workflowBundle: { codePath: bundlePath },
      plugins: [watermarkPlugin()],
      shutdownGraceTime: '1s',
      ...options.worker,
    });
    const running = worker.run();
    return () => {
      worker.shutdown();
      return running;
    };
  };
  let stopWorker = await startWorker();
  const pipelines: string[] = [];
  const query = <T>(name: string) => {
    return (pipeline: string): Promise<T> => client.workflow.getHandle(watermarkWorkflowId(pipeline)).query<T>(name);
  };
  return {
    temporal,
    pipeline: () => {
      const name = `pipeline-${randomUUID()}`;
      pipelines.push(name);
      return name;
    },
    update: updateWatermarks,
    reach: (pipeline) => ({ client, taskQueue, pipeline }),
    watermarks: query<Watermarks>('watermarks'),
    history: query<WatermarkEvent[]>('history'),
    overrides: query<PendingOverrides>('overrides'),
    replaceWorker: async () => {
      await stopWorker();
      stopWorker = await startWorker();
    },
    close: async () => {
      for (const pipeline of pipelines)
        await client.workflow
          .getHandle(watermarkWorkflowId(pipeline))
          .terminate('the test is over')
          .catch(() => undefined);
      await stopWorker();
      await temporal.close();
    },
  };
}
