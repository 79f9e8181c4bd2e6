import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RetryPolicy } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import {
  createTidemarkActivities,
  createTitanRdmActivities,
  createWatermarkActivities,
  ResultsFolder,
} from '../../activities/index.js';
import { createStore } from '../../connectors/tables/index.js';
import type { TitanRdmActivities } from '../../contracts/activities.js';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';
import { startTimeSkippingServer } from './start-time-skipping.js';
import { titanRdmConnection } from '../../workers/titanrdm-connection.js';
import { quietWorkers } from './environment.js';
import type { RunSettings } from '../../contracts/operations.js';
import { noteSecrets } from './known-secrets.js';
import { CUSTOMER_DOMAIN } from './tenant.js';

/** A sandbox and the real steps on a server whose clock skips over waiting. */
export interface SkippingTenant {
  sandbox: TitanSandbox;
  real: TitanRdmActivities;
  env: TestWorkflowEnvironment;
  /** Runs a workflow to its end, with some steps replaced by faults. */
  run: (workflow: string, input: unknown, options?: RunOptions) => Promise<Ended>;
  close: () => Promise<void>;
}

/** As from a worker of which nothing is reported: a step that is missing would cost the run seconds. */
const NO_SETTINGS: RunSettings = { searchAttributes: [], reportsEnds: false };

export interface RunOptions {
  workflowId?: string;
  retry?: RetryPolicy;
  /** Steps in place of the real ones, and steps of other plugins. */
  faults?: Record<string, (...args: never[]) => Promise<unknown>>;
  /** Called when the worker is up and the workflow has been started. */
  meanwhile?: (
    start: (workflow: string, input: unknown, workflowId: string) => Promise<WorkflowHandle>,
  ) => Promise<void>;
  /** Called when the workflow has ended, while the worker is still up. */
  afterwards?: () => Promise<void>;
}

export interface Ended {
  handle: WorkflowHandle;
  result?: unknown;
  error?: unknown;
  /** From the start of its first try to the end of the last, by the server's clock. */
  seconds: number;
}

export async function openSkippingTenant(): Promise<SkippingTenant> {
  quietWorkers();
  const env = await startTimeSkippingServer();
  const sandbox = await startTitanSandbox({ domains: [CUSTOMER_DOMAIN], exportDelayMs: 0 });
  const root = await mkdtemp(path.join(tmpdir(), 'tidemark-skipping-'));
  for (const folder of ['lake', 'landing', 'results']) await mkdir(path.join(root, folder));
  await writeFile(path.join(root, 'lake', 'cust_customers.csv'), 'code,name,zip\nC1,Ann,00501\n');
  const { url, clientId, clientSecret } = sandbox;
  const stores = {
    lake: createStore({ type: 'files', path: path.join(root, 'lake') }),
    landing: createStore({ type: 'files', path: path.join(root, 'landing') }),
  };
  // The client's own tries, which wait by the wall's clock, are left out: each failure is one of the step.
  const tenant = titanRdmConnection({ url, clientId, clientSecret, retry: { limit: 0 } });
  const real = createTitanRdmActivities({ titanrdm: { tenant }, stores });
  const others = {
    ...createTidemarkActivities({ stores, results: new ResultsFolder(path.join(root, 'results')) }),
    ...createWatermarkActivities(() => Promise.reject(new Error('no pipeline here goes to another task queue'))),
  };

  return {
    sandbox,
    real,
    env,
    run: async (workflow, input, { faults = {}, meanwhile, afterwards, ...options } = {}) => {
      const taskQueue = `skipping-${randomUUID()}`;
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue,
        workflowBundle: { codePath: path.resolve(process.env['TIDEMARK_TEST_BUNDLE'] ?? '') },
        activities: { ...real, ...others, tidemarkRunSettings: () => Promise.resolve(NO_SETTINGS), ...faults },
        maxHeartbeatThrottleInterval: 100,
      });
      const start = (type: string, args: unknown, workflowId: string) =>
        env.client.workflow.start(type, { taskQueue, workflowId, args: [args] });
      const { workflowId = `${workflow}-${randomUUID()}`, retry } = options;
      return worker.runUntil(async () => {
        const handle = await env.client.workflow.start(workflow, {
          taskQueue,
          workflowId,
          args: [input],
          ...(retry === undefined ? {} : { retry }),
        });
        await meanwhile?.(start);
        const ended = await handle.result().then(
          (result: unknown) => ({ result }),
          (error: unknown) => ({ error }),
        );
        await afterwards?.();
        // Not by the server's clock: with nothing left to do it skips on, over the timeouts of what has ended.
        const { startTime } = await env.client.workflow.getHandle(workflowId, handle.firstExecutionRunId).describe();
        const { closeTime } = await env.client.workflow.getHandle(workflowId).describe();
        return { handle, ...ended, seconds: ((closeTime?.getTime() ?? NaN) - startTime.getTime()) / 1_000 };
      });
    },
    close: async () => {
      await env.teardown();
      noteSecrets([clientSecret, ...sandbox.issuedTokens]);
      await sandbox.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
