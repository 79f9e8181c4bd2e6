import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { updateWatermarks } from '../activities/watermark/reach.js';
import { confirmRun } from '../cli/confirmation.js';
import { watermarkWorkflowId } from '../contracts/watermark.js';
import { watermarkPlugin } from '../workers/plugins/watermark-plugin.js';
import { answerDeafly } from './support/deaf-worker.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { advance } from './support/watermark-worker.js';

/** A server under load does so now and then; here a worker leaves it no choice. */
describe('an update that the server turns down since no worker has looked at it', () => {
  let temporal: TemporalTestEnvironment;
  beforeAll(async () => {
    temporal = await temporalTestEnvironment();
  });
  afterAll(() => temporal.close());

  it('is an error that may be tried again, and the next try arrives', async () => {
    const { client, taskQueue, namespace, nativeConnection: connection, bundlePath } = temporal;
    const pipeline = `unheard-${randomUUID()}`;
    const send = () => updateWatermarks({ client, taskQueue, pipeline }, 'advance', advance());
    const [unheard] = await Promise.all([send().catch((error: unknown) => error), answerDeafly(temporal)]);
    expect(unheard).toMatchObject({
      code: 'WATERMARK_UNREACHABLE',
      retryable: true,
      cause: { cause: { type: 'UnprocessedUpdate', nonRetryable: true } },
    });

    const workflowBundle = { codePath: bundlePath };
    const plugins = [watermarkPlugin()];
    const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, plugins });
    expect(await worker.runUntil(send)).toEqual({ changed: true });
    await client.workflow.getHandle(watermarkWorkflowId(pipeline)).terminate('the test is over');
  });

  it('is given again where a person has answered a run, and told in the end', async () => {
    const { client, taskQueue } = temporal;
    const handle = await client.workflow.start('amsUpsertProfiles', {
      workflowId: `unheard-${randomUUID()}`,
      taskQueue,
    });
    // The task that began the run.
    await answerDeafly(temporal);
    let tasks = 0;
    const deaf = (async () => {
      for (; tasks < 3; tasks += 1) await answerDeafly(temporal);
    })();
    await expect(confirmRun(handle, 'yes')).rejects.toMatchObject({ code: 'UnprocessedUpdate' });
    await deaf;
    expect(tasks).toBe(3);
    await handle.terminate('the test is over');
  });
});
