import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { configSchema } from '../contracts/config.js';
import { createTidemarkWorker, type TidemarkWorker } from '../workers/index.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';

const logger = new DefaultLogger('ERROR');

describe('with worker.deployment in the config', () => {
  let temporal: TemporalTestEnvironment;
  let bundles: WorkflowBundleWithSourceMap[];
  const name = `tables-${randomUUID().slice(0, 8)}`;
  const running: { worker: TidemarkWorker; ended: Promise<void> }[] = [];

  beforeAll(async () => {
    temporal = await temporalTestEnvironment();
    bundles = [];
    for (const version of ['old', 'new'])
      bundles.push(
        await bundleWorkflowCode({ workflowsPath: path.resolve(`test/fixtures/versions/${version}.ts`), logger }),
      );
  });
  afterAll(async () => {
    for (const { worker } of running) worker.shutdown();
    await Promise.all(running.map(({ ended }) => ended));
    await temporal.close();
  });

  /** A worker of a release, which becomes the current one. */
  async function release(buildId: string, workflowBundle: WorkflowBundleWithSourceMap | undefined): Promise<void> {
    const { nativeConnection, namespace, taskQueue, connection } = temporal;
    const worker = await createTidemarkWorker({
      config: configSchema.parse({ version: 1, worker: { deployment: { name, buildId }, shutdownGraceSeconds: 1 } }),
      connection: nativeConnection,
      namespace,
      taskQueue,
      worker: workflowBundle === undefined ? {} : { workflowBundle },
    });
    running.push({ worker, ended: worker.run() });
    const makeCurrent = () =>
      connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName: name, buildId });
    // The server knows a version once one of its workers has polled.
    for (let made = false; !made;)
      made = await makeCurrent().then(
        () => true,
        () => sleep(100, false),
      );
  }
  const start = (workflowId: string) =>
    temporal.client.workflow.start('changing', { workflowId: `${workflowId}-${name}`, taskQueue: temporal.taskQueue });

  it('old runs finish on the old code, new ones on the new', async () => {
    await release('1', bundles[0]);
    const before = await start('before');
    while ((await before.fetchHistory()).events?.some((event) => event.workflowTaskCompletedEventAttributes) !== true)
      await sleep(50);
    await release('2', bundles[1]);
    const after = await start('after');
    await before.signal('goOn');
    await after.signal('goOn');
    expect(await before.result()).toBe('ended on the old code');
    expect(await after.result()).toBe('ended on the new code');
    const { raw } = await before.describe();
    expect(raw.workflowExecutionInfo?.versioningInfo).toMatchObject({
      deploymentVersion: { deploymentName: name, buildId: '1' },
    });
  });

  it.each(['tidemarkWatch', 'tidemarkWatermark'])(
    '%s, which lives for ever, moves to the current code by itself',
    async (type) => {
      const handle = await temporal.client.workflow.start(type, {
        workflowId: `${type}-${name}`,
        taskQueue: temporal.taskQueue,
        args: [{ pipeline: name }],
      });
      // 2: AUTO_UPGRADE.
      const behavior = async () => (await handle.describe()).raw.workflowExecutionInfo?.versioningInfo?.behavior;
      while (Number(await behavior()) !== 2) await sleep(50);
      await handle.terminate('the test is over');
    },
  );
});

describe('the slots of a worker', () => {
  it('are fixed numbers or follow the resources, not both', () => {
    const worker = (slots: object) => configSchema.safeParse({ version: 1, worker: slots }).success;
    expect(worker({ maxConcurrentActivities: 5, maxConcurrentWorkflowTasks: 5 })).toBe(true);
    expect(worker({ resources: { targetMemory: 0.7 } })).toBe(true);
    expect(worker({ resources: {}, maxConcurrentActivities: 5 })).toBe(false);
  });

  it('that follow the resources are what the worker starts with', async () => {
    const temporal = await temporalTestEnvironment();
    const { worker } = await createTidemarkWorker({
      config: configSchema.parse({ version: 1, worker: { resources: { maxActivities: 7 } } }),
      connection: temporal.nativeConnection,
      namespace: temporal.namespace,
      taskQueue: temporal.taskQueue,
      worker: { workflowBundle: { codePath: temporal.bundlePath } },
    });
    expect(worker.options.tuner).toMatchObject({
      activityTaskSlotSupplier: { type: 'resource-based', maximumSlots: 7 },
    });
    await worker.runUntil(Promise.resolve());
    await temporal.close();
  });
});
