import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { freePort } from '../workers/dev-server/free-port.js';
import { cli, startCli, type CliOptions, type RunningCli } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { makeProject, type Project } from './support/project.js';

// One `tidemark worker` as it runs in production: metrics, health and traces on, ended by SIGTERM in the middle of a transfer.

interface Span {
  name: string;
  traceId: string;
}

/** Takes OTLP over HTTP, in its JSON form. */
async function startReceiver(): Promise<{ server: Server; url: string; spans: Span[] }> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set: buffers
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { server, url: `http://127.0.0.1:${port}/v1/traces`, spans };
}

describe('a worker in operation', () => {
  let temporal: TemporalTestEnvironment;
  let sandbox: TitanSandbox;
  let project: Project;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let options: CliOptions;
  let worker: RunningCli;
  let metrics: number;
  let health: number;

  const startWorker = async (): Promise<void> => {
    worker = startCli(['worker'], options);
    await worker.line(/^worker: polls/u);
  };
  const readyz = async (): Promise<{ status: number; body: Record<string, unknown> }> => {
    const reply = await fetch(`http://127.0.0.1:${health}/readyz`);
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };

  beforeAll(async () => {
    temporal = await temporalTestEnvironment();
    sandbox = await startTitanSandbox({ exportDelayMs: 0 });
    receiver = await startReceiver();
    [metrics, health] = [await freePort(), await freePort()];
    project = await makeProject(
      undefined,
      `worker:
  shutdownGraceSeconds: 0.5
  metrics: { address: 127.0.0.1:${metrics} }
  health: { address: 127.0.0.1:${health} }
  tracing: { endpoint: ${receiver.url}, service: tables }
`,
    );
    options = {
      cwd: project.folder,
      env: {
        TEMPORAL_ADDRESS: temporal.address,
        TEMPORAL_NAMESPACE: temporal.namespace,
        TITAN_URL: sandbox.url,
        TITAN_ID: sandbox.clientId,
        TITAN_SECRET: sandbox.clientSecret,
      },
    };
    await startWorker();
  });
  afterAll(async () => {
    worker.child.kill('SIGTERM');
    await worker.ended;
    receiver.server.closeAllConnections();
    receiver.server.close();
    await sandbox.close();
    await project.remove();
    await temporal.close();
  });

  it('says that it lives, and is ready when it polls', async () => {
    const live = await fetch(`http://127.0.0.1:${health}/healthz`);
    expect(live.status).toBe(200);
    expect(await live.json()).toMatchObject({ status: 'ok', state: 'RUNNING' });
    while ((await readyz()).status !== 200) await sleep(50);
    expect((await readyz()).body).toMatchObject({
      status: 'ok',
      polls: true,
      temporal: 'answers',
      taskQueue: project.taskQueue,
      activities: 0,
    });
  });

  it('counts rows, bytes, durations and faults by code for Prometheus, with few labels', async () => {
    expect((await cli(['run', project.up, '--wait'], options)).code).toBe(0);
    const scrape = async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    let text = await scrape();
    const value = (name: string, labels: RegExp): number =>
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) && labels.test(line))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    const labels = new RegExp(`pipeline="${project.up}".*system="titan".*workflow="titanConventionUpload"`, 'u');
    expect(value('tidemark_rows_total', labels)).toBe(3);
    expect(value('tidemark_bytes_total', labels)).toBeGreaterThan(100);
    expect(value('tidemark_step_duration_seconds_count', labels)).toBeGreaterThan(5);

    sandbox.setFaults([{ kind: 'expiredUrl', match: { route: 'import_tables.new' }, times: 1 }]);
    expect((await cli(['run', project.up, '--wait'], options)).code).toBe(0);
    text = await scrape();
    expect(value('tidemark_faults_total', /code="TITAN_BATCH_TAINTED"/u)).toBe(1);
    expect(text).toContain('temporal_');
    expect(text).not.toContain(sandbox.clientSecret);
  });

  it('traces workflows and their steps', async () => {
    const named = (pattern: RegExp): Span | undefined => receiver.spans.find(({ name }) => pattern.test(name));
    // They are sent every few seconds.
    while (named(/^RunWorkflow/u) === undefined || named(/^RunActivity:titanSendTable/u) === undefined)
      await sleep(100);
    expect(named(/^StartActivity:titanSendTable/u)).toBeDefined();
    const step = named(/^RunActivity:titanSendTable/u);
    const workflows = receiver.spans.filter(({ name }) => name.startsWith('RunWorkflow'));
    expect(workflows.map((span) => span.traceId)).toContain(step?.traceId);
  });

  it('that is ended by SIGTERM in the middle of a transfer is not ready while it drains, and the next one loses nothing', async () => {
    const before = sandbox.requestLog.length;
    sandbox.setFaults([
      { kind: 'slow', match: { route: 'upload.put', table: 'cust_customers' }, delayMs: 600_000, times: 1 },
    ]);
    const running = startCli(['run', project.up, '--wait', '--json'], options);
    while (!sandbox.requestLog.slice(before).some(({ route }) => route === 'upload.put')) await sleep(20);
    worker.child.kill('SIGTERM');
    const seen = new Set<number>();
    await Promise.race([
      worker.ended,
      (async () => {
        for (;;) seen.add((await readyz()).status);
      })().catch(() => undefined),
    ]);
    expect((await worker.ended).code).toBe(0);
    expect([...seen]).toContain(503);
    sandbox.clearFaults();
    await startWorker();
    const { outcome, result } = JSON.parse((await running.ended).stdout) as {
      outcome: string;
      result: { totals: object; abandonedBatches: string[] };
    };
    expect({ outcome, totals: result.totals }).toMatchObject({ outcome: 'completed', totals: { success: 2, rows: 3 } });
    expect(await sandbox.rows('cust_customers')).toHaveLength(2);
  });
});

describe('a worker whose address is taken', () => {
  it('says which, and ends', async () => {
    const temporal = await temporalTestEnvironment();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo; // it listens on TCP
    const project = await makeProject('http://127.0.0.1:1', `worker: { health: { address: '127.0.0.1:${port}' } }\n`);
    const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
    const { code, stderr } = await cli(['worker'], { cwd: project.folder, env });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ADDRESS_TAKEN') });
    taken.close();
    await project.remove();
    await temporal.close();
  });
});
