import { fileURLToPath } from 'node:url';
import { SimplePlugin } from '@temporalio/plugin';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TidemarkError } from '../contracts/errors.js';
import type { TitanImportBatchInput } from '../contracts/titan-inputs.js';
import type { TitanImportBatchResult } from '../contracts/titan-results.js';
import { titanRdmPlugin, type TitanRdmPluginOptions } from '../workers/plugins/titan-rdm-plugin.js';
import { openTenant, type Tenant } from './support/tenant.js';

const ownWorkflows = fileURLToPath(new URL('./fixtures/own-workflows.ts', import.meta.url));

describe('the plugin in a worker of a user', () => {
  let tenant: Tenant;
  let runs = 0;
  beforeAll(async () => {
    tenant = await openTenant();
    await tenant.put('regions.csv', 'id,label\n1,North\n');
  });
  afterAll(() => tenant.close());

  const input: TitanImportBatchInput = {
    connection: 'tenant',
    branch: { name: 'main' },
    poll: { intervalSeconds: 0.1 },
    tables: [{ target: { domain: 'Customer', name: 'regions' }, source: { rows: [{ id: 1, label: 'North' }] } }],
  };

  function plugin(more: Partial<TitanRdmPluginOptions> = {}): ReturnType<typeof titanRdmPlugin> {
    const { url, clientId, clientSecret } = tenant.sandbox;
    return titanRdmPlugin({
      connections: { tenant: { url, clientId, clientSecret } },
      stores: {},
      results: tenant.results,
      ...more,
    });
  }

  /** Each worker has a task queue of its own: one process may not have two workers on one. */
  function worker(options: Partial<WorkerOptions>): Promise<Worker> {
    runs += 1;
    const { nativeConnection, namespace, taskQueue } = tenant.temporal;
    return Worker.create({ connection: nativeConnection, namespace, taskQueue: `${taskQueue}-${runs}`, ...options });
  }

  function execute<R>(own: Worker, workflow: string): Promise<R> {
    const { taskQueue } = own.options;
    return tenant.temporal.client.workflow.execute<(input: TitanImportBatchInput) => Promise<R>>(workflow, {
      workflowId: `plugin-${taskQueue}`,
      taskQueue,
      args: [input] as never,
    });
  }

  it("works beside a plugin, activities and workflows of the user's own", async () => {
    const theirs = new SimplePlugin({ name: 'theirs', activities: { greet: () => Promise.resolve('hello') } });
    const own = await worker({
      workflowsPath: ownWorkflows,
      activities: { wave: () => Promise.resolve('bye') },
      plugins: [theirs, plugin()],
    });
    expect([...own.options.activities.keys()]).toEqual(expect.arrayContaining(['greet', 'wave', 'titanSendTable']));
    expect(await own.runUntil(() => execute<string>(own, 'nightlyLoad'))).toContain('1 of 1 table,');
  });

  it('works with a prebuilt workflow bundle', async () => {
    const own = await worker({
      workflowBundle: { codePath: tenant.temporal.bundlePath },
      plugins: [plugin({ workflows: true })],
    });
    const result = await own.runUntil(() => execute<TitanImportBatchResult>(own, 'titanImportBatch'));
    expect(result.totals.success).toBe(1);
  });

  it('supplies all workflows when asked to', async () => {
    const own = await worker({ plugins: [plugin({ workflows: true })] });
    const result = await own.runUntil(() => execute<TitanImportBatchResult>(own, 'titanImportBatch'));
    expect(result.totals.success).toBe(1);
  });

  it('leaves a worker with activities only as it is', async () => {
    const own = await worker({ plugins: [plugin()] });
    expect(own.options.workflowBundle).toBeUndefined();
    await own.runUntil(Promise.resolve());
  });

  it('refuses a name that is taken, be it by the worker or by a plugin after it', async () => {
    const taken = { titanSendTable: () => Promise.resolve('mine') };
    await expect(worker({ activities: taken, plugins: [plugin()] })).rejects.toMatchObject({
      code: 'ACTIVITY_NAME_TAKEN',
    });
    const later = await worker({ plugins: [plugin(), new SimplePlugin({ name: 'later', activities: taken })] });
    await expect(later.run()).rejects.toThrow(TidemarkError);
  });

  it("refuses to replace the user's own workflows", async () => {
    await expect(worker({ workflowsPath: ownWorkflows, plugins: [plugin({ workflows: true })] })).rejects.toMatchObject(
      {
        code: 'WORKFLOWS_PATH_TAKEN',
      },
    );
  });
});
