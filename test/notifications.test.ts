import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema } from '../contracts/config.js';
import type { Notification } from '../contracts/operations.js';
import { watchWorkflowId } from '../contracts/operations.js';
import { startWatches } from '../workers/operations/start-watches.js';
import { createTidemarkWorker, type TidemarkWorker } from '../workers/index.js';
import type { WatchState } from '../workflows/watch/judge.js';
import { noteSecrets } from './support/known-secrets.js';
import { openTenant, type Tenant } from './support/tenant.js';

interface Received {
  body: Notification;
  headers: IncomingHttpHeaders;
}

const SECRET = `hook-${randomUUID()}`;

describe('notifications', () => {
  let tenant: Tenant;
  let server: Server;
  let worker: TidemarkWorker;
  let running: Promise<void>;
  const received: Received[] = [];
  /** Statuses to answer what is told of `refused` with, before 200. */
  const answers: number[] = [];
  /** A pipeline for each test. */
  const pipeline = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;
  const up = pipeline('up');
  const refused = pipeline('refused');
  const signalled = pipeline('signalled');
  const terminated = pipeline('terminated');
  const quiet = pipeline('quiet');
  const calmed = pipeline('calmed');
  /** Its watch waits where nobody polls. */
  const moved = pipeline('moved');
  const input = {
    connection: 'tenant',
    branch: { name: 'main' },
    domain: 'Customer',
    store: 'lake',
    poll: { intervalSeconds: 0.1 },
  };

  beforeAll(async () => {
    noteSecrets([SECRET]);
    tenant = await openTenant();
    server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set: buffers
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Notification;
        const status = (body.pipeline === refused ? answers.shift() : undefined) ?? 200;
        if (status === 200 && request.url === `/${SECRET}`) received.push({ body, headers: request.headers });
        response.writeHead(status).end();
      })();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const { url, clientId, clientSecret } = tenant.sandbox;
    const config = configSchema.parse({
      version: 1,
      temporal: { webUi: 'http://ui.example' },
      connections: {
        tenant: { type: 'titanrdm', url, clientId, clientSecret },
        lake: { type: 'files', path: tenant.lake },
      },
      pipelines: {
        ...Object.fromEntries(
          [up, refused, signalled, terminated].map((name) => [name, { workflow: 'titanConventionUpload', input }]),
        ),
        ...Object.fromEntries(
          [quiet, calmed].map((name) => [name, { workflow: 'titanConventionUpload', input, staleAfter: '1s' }]),
        ),
      },
      results: { folder: tenant.results },
      worker: { shutdownGraceSeconds: 1 },
      notifications: [
        { url: `http://127.0.0.1:${port}/${SECRET}`, headers: { authorization: `Bearer ${SECRET}` } },
        { url: `http://127.0.0.1:${port}/others`, on: ['failure'], pipelines: [quiet] },
      ],
    });
    const { nativeConnection, namespace, taskQueue } = tenant.temporal;
    const workflowsPath = path.resolve('test/fixtures/parent-of-pipeline.ts');
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    worker = await createTidemarkWorker({
      config,
      connection: nativeConnection,
      namespace,
      taskQueue: `${taskQueue}-told`,
      worker: { workflowBundle },
    });
    running = worker.run();
  });
  afterEach(() => tenant.sandbox.clearFaults());
  afterAll(async () => {
    for (const name of [up, refused, signalled, terminated, quiet, calmed, moved])
      await tenant.temporal.client.workflow
        .getHandle(watchWorkflowId(name))
        .terminate('the test is over')
        .catch(() => undefined);
    worker.shutdown();
    await running;
    server.closeAllConnections();
    server.close();
    await tenant.close();
  });

  const run = (pipeline: string): Promise<unknown> =>
    tenant.temporal.client.workflow
      .execute('titanConventionUpload', {
        workflowId: `tidemark/pipeline/${pipeline}`,
        taskQueue: `${tenant.temporal.taskQueue}-told`,
        args: [{ ...input, pipeline }],
      })
      .catch(() => undefined);
  const toldOf = (pipeline: string): Notification[] =>
    received.map(({ body }) => body).filter((body) => body.pipeline === pipeline);
  const next = async (pipeline: string, count: number): Promise<Notification> => {
    while (toldOf(pipeline).length < count) await sleep(20);
    return toldOf(pipeline)[count - 1] ?? ({} as Notification); // it is there
  };

  it('tell of a failure with its reason and its link, and of recovery with the next success', async () => {
    await tenant.put('cust_regions.csv', 'id,label\n1,row-of-the-notified\n1,South\n');
    await run(up);
    const failure = await next(up, 1);
    expect(failure).toMatchObject({
      version: 1,
      event: 'failure',
      pipeline: up,
      text: expect.stringContaining(`Pipeline ${up} failed: `),
      failures: 1,
      error: { code: 'DUPLICATE_KEYS' },
      run: { workflow: 'titanConventionUpload', outcome: 'failed' },
    });
    expect(failure.run?.link).toMatch(/^http:\/\/ui\.example\/namespaces\/.*\/history$/u);
    await tenant.put('cust_regions.csv', 'id,label\n1,row-of-the-notified\n');
    await run(up);
    expect(await next(up, 2)).toMatchObject({
      event: 'recovery',
      after: 'failure',
      run: { outcome: 'success', rows: 1 },
    });
    await run(up);
    const state = await tenant.temporal.client.workflow.getHandle(watchWorkflowId(up)).query<WatchState>('watch');
    expect(state).toMatchObject({ outcome: 'good', failures: 0 });
    expect(toldOf(up)).toHaveLength(2);
    expect(JSON.stringify(received.map(({ body }) => body))).not.toContain('row-of-the-notified');
    const posted = received.find(({ body }) => body.id === failure.id);
    expect(posted?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'idempotency-key': failure.id });
  });

  it('tell of a high watermark that stands still, also before the first run, and when it moves again', async () => {
    expect(await next(quiet, 1)).toMatchObject({ event: 'stale', staleAfterSeconds: 1 });
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    await run(quiet);
    expect(await next(quiet, 2)).toMatchObject({ event: 'recovery', after: 'stale' });
  });

  it('are tried again when the webhook is not there, and a refusal for good does not end the watch', async () => {
    await tenant.put('cust_regions.csv', 'id,label\n1,a\n1,b\n');
    answers.push(503);
    await run(refused);
    expect(await next(refused, 1)).toMatchObject({ event: 'failure' });
    answers.push(404);
    await run(refused);
    await run(refused);
    expect(await next(refused, 2)).toMatchObject({ event: 'failure', failures: 3 });
    const handle = tenant.temporal.client.workflow.getHandle(watchWorkflowId(refused));
    const failed =
      (await handle.fetchHistory()).events?.filter((event) => event.activityTaskFailedEventAttributes) ?? [];
    expect(JSON.stringify(failed)).toContain('NOTIFICATION_FAILED');
    expect(JSON.stringify(failed)).not.toContain('127.0.0.1');
  });

  it('survive a signal that is none', async () => {
    await tenant.put('cust_regions.csv', 'id,label\n1,a\n1,b\n');
    await run(signalled);
    expect(await next(signalled, 1)).toMatchObject({ failures: 1 });
    const handle = tenant.temporal.client.workflow.getHandle(watchWorkflowId(signalled));
    await handle.signal('ended', 'rubbish', 7);
    await handle.signal('configured');
    await run(signalled);
    expect(await next(signalled, 2)).toMatchObject({ failures: 2 });
  });

  it('tell nothing more of a high watermark once the config lets it stand still', async () => {
    const { client, taskQueue } = tenant.temporal;
    const watchOf = (pipeline: string) => client.workflow.getHandle(watchWorkflowId(pipeline));
    await startWatches(client, { notifications: [{}], pipelines: { [calmed]: {}, unknown: {} } }, `${taskQueue}-told`);
    expect(await watchOf(calmed).query<WatchState>('watch')).toMatchObject({ staleAfterSeconds: null });
    await expect(watchOf('unknown').describe()).rejects.toThrow();
  });

  it('follow a pipeline to another task queue, where nobody polls the one before', async () => {
    const { client, taskQueue } = tenant.temporal;
    await client.workflow.start('tidemarkWatch', {
      workflowId: watchWorkflowId(moved),
      taskQueue: `${taskQueue}-given-up`,
      args: [{ pipeline: moved }],
    });
    await tenant.put('cust_regions.csv', 'id,label\n1,a\n1,b\n');
    await run(moved);
    expect(await next(moved, 1)).toMatchObject({ event: 'failure', error: { code: 'DUPLICATE_KEYS' } });
  });

  it('tell of a run that was terminated, by the parent that waited for it', async () => {
    tenant.sandbox.setFaults([{ kind: 'slow', match: { route: 'upload.put' }, delayMs: 600_000 }]);
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    const { client, taskQueue } = tenant.temporal;
    const parent = await client.workflow.start('parentOfPipeline', {
      workflowId: `parent-${terminated}`,
      taskQueue: `${taskQueue}-told`,
      args: [terminated, 'titanConventionUpload', { ...input, pipeline: terminated }],
    });
    const own = client.workflow.getHandle(`tidemark/pipeline/${terminated}`);
    // A child that has yet to start has no run.
    while (((await parent.describe()).raw.pendingChildren?.[0]?.runId ?? '') === '') await sleep(20);
    while ((await own.describe()).status.name !== 'RUNNING') await sleep(20);
    await own.terminate('gone');
    await expect(parent.result()).rejects.toThrow();
    expect(await next(terminated, 1)).toMatchObject({ event: 'failure', error: { code: 'RUN_TERMINATED' } });
  });
});
