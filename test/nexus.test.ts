import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, WorkflowNotFoundError } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { OPERATION_WORKFLOWS, tidemarkService } from '../contracts/nexus.js';
import type { TitanSandbox } from '../sandbox/titanrdm/index.js';
import type * as callers from './fixtures/nexus-caller-workflows.js';
import { configuredWorker, type ConfiguredWorker } from './support/configured-worker.js';
import type { TemporalTestEnvironment } from './support/environment.js';

/** Longer than any test may take. */
const FOR_EVER_MS = 600_000;

let configured: ConfiguredWorker;
let temporal: TemporalTestEnvironment;
let sandbox: TitanSandbox;
let endpoint: { id: string; version: unknown };
let endpointName: string;
/** In a namespace of their own, beside the one whose worker has the connections. */
let caller: Client;
const closers: (() => Promise<unknown>)[] = [];
const callerQueue = `nexus-caller-${randomUUID()}`;

beforeAll(async () => {
  configured = await configuredWorker(() => ({ worker: { nexus: true } }));
  ({ temporal, sandbox } = configured);

  const namespace = await newNamespace();
  endpointName = `tidemark-${randomUUID()}`;
  endpoint = await newEndpoint(endpointName);
  caller = new Client({ connection: temporal.connection, namespace });
  const callersWorker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace,
    taskQueue: callerQueue,
    workflowsPath: path.resolve('test', 'fixtures', 'nexus-caller-workflows.ts'),
  });
  keepRunning(callersWorker.run(), () => callersWorker.shutdown());
});
afterEach(() => sandbox.configure({ importDelayMs: 0 }));
afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await temporal.connection.operatorService.deleteNexusEndpoint({
    id: endpoint.id,
    version: endpoint.version as never,
  });
  await configured.close();
});

function keepRunning(running: Promise<void>, shutdown: () => void): void {
  closers.push(() => {
    shutdown();
    return running;
  });
}

/** A namespace is known to the frontend's cache only after a while. */
async function newNamespace(): Promise<string> {
  const namespace = `nexus-${randomUUID()}`;
  const { workflowService } = temporal.connection;
  await workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const { workflow } = new Client({ connection: temporal.connection, namespace });
  for (;;) {
    const answer: unknown = await workflow
      .getHandle('nobody')
      .describe()
      .catch((error: unknown) => error);
    if (answer instanceof WorkflowNotFoundError) return namespace;
    await sleep(100);
  }
}

async function newEndpoint(name: string): Promise<{ id: string; version: unknown }> {
  const { namespace, taskQueue } = temporal;
  const { endpoint: made } = await temporal.connection.operatorService.createNexusEndpoint({
    spec: { name, target: { worker: { namespace, taskQueue } } },
  });
  return { id: made!.id!, version: made!.version };
}

const input = {
  connection: 'tenant',
  branch: { name: 'main' },
  poll: { intervalSeconds: 0.05 },
  tables: [{ target: { domain: 'Customer', name: 'regions' }, source: { rows: [{ id: 1, label: 'North' }] } }],
};
const start = (name: keyof typeof callers, given: object) =>
  caller.workflow.start(name, {
    taskQueue: callerQueue,
    workflowId: `${name}-${randomUUID()}`,
    args: [endpointName, given],
  });

describe('the Nexus service', () => {
  it('has an operation for every workflow that other namespaces may start', () => {
    expect(tidemarkService.name).toBe('tidemark');
    expect(Object.keys(tidemarkService.operations)).toEqual(Object.keys(OPERATION_WORKFLOWS));
  });

  it("imports a batch for another namespace's workflow, under the id that it gives, and returns the result", async () => {
    const workflowId = `by-nexus-${randomUUID()}`;
    const run = await start('importByNexus', { ...input, workflowId });
    expect(await run.result()).toMatchObject({ batch: { id: expect.any(String) }, totals: { success: 1, rows: 1 } });
    const { type, status } = await temporal.client.workflow.getHandle(workflowId).describe();
    expect([type, status.name]).toEqual(['titanImportBatch', 'COMPLETED']);
  });

  it('carries the code of a failure to the caller', async () => {
    const tables = [{ target: { domain: 'Customer', name: 'no such table' }, source: { rows: [{ id: 1 }] } }];
    const run = await start('codeByNexus', { ...input, tables });
    expect(await run.result()).toMatchObject({
      code: 'TITAN_UNKNOWN_TABLE',
      details: [{ code: 'TITAN_UNKNOWN_TABLE', retryable: false }],
    });
  });

  it('fails for a bad input as the workflow does, naming the path', async () => {
    const run = await start('codeByNexus', { ...input, tables: [] });
    const seen = await run.result();
    expect(seen).toMatchObject({ code: 'ValidationError', details: [{ message: expect.stringMatching(/tables/u) }] });
  });

  it('refuses an id that is no text, and one that is taken, without beginning anything', async () => {
    const before = sandbox.requestLog.length;
    const wrong = await start('codeByNexus', { ...input, workflowId: 7 });
    expect(await wrong.result()).toMatchObject({ code: 'ValidationError' });
    const taken = `taken-${randomUUID()}`;
    const holder = await temporal.client.workflow.start('nobody', { workflowId: taken, taskQueue: randomUUID() });
    const second = await start('codeByNexus', { ...input, workflowId: taken });
    expect(await second.result()).toMatchObject({ code: 'RUN_EXISTS' });
    await holder.terminate();
    expect(sandbox.requestLog).toHaveLength(before);
  });

  it('gives a run that names its pipeline the id of the pipeline, so that its runs never overlap', async () => {
    const pipeline = `regions-${randomUUID()}`;
    const run = await start('importByNexus', { ...input, pipeline });
    await run.result();
    const { status } = await temporal.client.workflow.getHandle(`tidemark/pipeline/${pipeline}`).describe();
    expect(status.name).toBe('COMPLETED');
  });

  it("passes the caller's cancellation on to the run, which tidies up", async () => {
    sandbox.configure({ importDelayMs: FOR_EVER_MS });
    const workflowId = `cancelled-${randomUUID()}`;
    const run = await start('importByNexus', { ...input, workflowId });
    const theirs = temporal.client.workflow.getHandle(workflowId);
    const from = sandbox.requestLog.length;
    const polls = (): boolean => sandbox.requestLog.slice(from).some(({ route }) => route === 'imports.get');
    while (!polls()) await sleep(50);
    await run.cancel();
    const error: unknown = await run.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect((await theirs.describe()).status.name).toBe('CANCELLED');
  });
});
