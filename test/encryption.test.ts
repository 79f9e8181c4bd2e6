import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TitanImportBatchInput } from '../contracts/titan-inputs.js';
import { payloadsFrom, payloadsSchema, payloadsTo } from '../workers/codec-server/wire.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { cli, startCli, type RunningCli } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { noteSecrets } from './support/known-secrets.js';
import { makeProject, type Project } from './support/project.js';
import { textsOf } from './support/secret-scan.js';

const ROW = 'row-that-only-the-worker-may-read';
const keys = { KEY_ONE: randomBytes(32).toString('base64'), KEY_TWO: randomBytes(32).toString('base64') };

describe('with encryption on', () => {
  let temporal: TemporalTestEnvironment;
  let sandbox: TitanSandbox;
  let project: Project;
  let worker: RunningCli;
  let id: string;

  const env = () => ({
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TITAN_URL: sandbox.url,
    TITAN_ID: sandbox.clientId,
    TITAN_SECRET: sandbox.clientSecret,
    ...keys,
  });
  const run = async (pipeline: string) => {
    const { stdout } = await cli(['run', pipeline, '--wait', '--json'], { cwd: project.folder, env: env() });
    return JSON.parse(stdout) as { outcome: string; workflowId: string; error?: { message: string; code: string } };
  };
  const startWorker = async (): Promise<void> => {
    worker = startCli(['worker'], { cwd: project.folder, env: env() });
    await worker.line(/^worker: polls/u);
  };
  const stopWorker = async (): Promise<void> => {
    worker.child.kill('SIGTERM');
    await worker.ended;
  };
  /** The config with the keys that it shall know. */
  const configure = (encryption: string): Promise<void> => {
    const source = { rows: [{ customer_code: 'C1', name: ROW }] };
    const table = { target: { domain: 'Customer', name: 'customers' }, source };
    const input = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
    const good = { ...input, description: ROW, pattern: 'incremental_upsert_only', tables: [table] };
    const bad = { ...input, tables: [{ ...table, target: { domain: `No ${ROW}`, name: 'customers' } }] };
    const pipelines = ([`good-${id}`, `bad-${id}`] as const).map((name, index) => {
      const given: Partial<TitanImportBatchInput> = index === 0 ? (good as TitanImportBatchInput) : bad;
      return `  ${name}: { workflow: titanImportBatch, input: ${JSON.stringify(given)} }\n`;
    });
    return project.put(
      'tidemark.yaml',
      `version: 1
temporal:
  taskQueue: ${project.taskQueue}
  encryption: ${encryption}
connections:
  tenant: { type: titanrdm, url: '\${TITAN_URL}', clientId: '\${TITAN_ID}', clientSecret: '\${TITAN_SECRET}' }
codecServer: { origins: ['http://ui.example'], tokens: { ann: '\${ANNS_TOKEN}' } }
pipelines:
${pipelines.join('')}`,
    );
  };

  beforeAll(async () => {
    temporal = await temporalTestEnvironment();
    sandbox = await startTitanSandbox({ exportDelayMs: 0 });
    project = await makeProject();
    id = project.taskQueue;
    // Not ROW: it is a description and a domain's name here too, which the terminal shows to whom it belongs. The histories are searched for it below.
    noteSecrets(Object.values(keys));
    await configure("{ keys: { one: '${KEY_ONE}' }, current: one }");
    await startWorker();
  });
  afterAll(async () => {
    await stopWorker();
    await sandbox.close();
    await project.remove();
    await temporal.close();
  });

  /** All that Temporal keeps of the run. */
  async function kept(workflowId: string): Promise<string> {
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    return textsOf(events).join('\n');
  }

  it('a history holds nothing of inline rows, inputs, results or summaries, and the run and its result are as ever', async () => {
    const { outcome, workflowId } = await run(`good-${id}`);
    expect(outcome).toBe('completed');
    const text = await kept(workflowId);
    expect(text).not.toContain(ROW);
    expect(text).not.toContain('customer_code');
    expect(text).not.toContain('incremental_upsert_only');
    expect(text).toContain('binary/encrypted');
    const rows = await sandbox.rows('cust_customers');
    expect(rows.map(({ name }) => name)).toContain(ROW);
  });

  it('is shown by `tidemark codec-server`, with the keys of the config, to who has a token of it', async () => {
    const { workflowId } = await run(`good-${id}`);
    const tokens = { ANNS_TOKEN: 'token-of-ann-for-the-codec-server' };
    noteSecrets(Object.values(tokens));
    const server = startCli(['codec-server', '--json'], { cwd: project.folder, env: { ...env(), ...tokens } });
    const line = await server.line(/^\{"codecServer"/u);
    const { codecServer } = JSON.parse(line) as { codecServer: { url: string } };
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const reply = await fetch(`${codecServer.url}/decode`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.ANNS_TOKEN}` },
      body: JSON.stringify(payloadsTo(payloads)),
    });
    const decoded = payloadsFrom(payloadsSchema.parse(await reply.json()));
    expect(Buffer.from(decoded[0]?.data ?? []).toString()).toContain(ROW);
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('"name":"ann"');
    expect(stderr).not.toContain(ROW);
  });

  it('the text of a failure is encrypted, and read by who has the key', async () => {
    const { outcome, error, workflowId } = await run(`bad-${id}`);
    expect({ outcome, message: error?.message }).toEqual({
      outcome: 'failed',
      message: expect.stringContaining(ROW),
    });
    const text = await kept(workflowId);
    expect(text).not.toContain(ROW);
    expect(text).toContain('Encoded failure');
  });

  it('after a rotation a run that began with the old key goes on with the new one, and the old history stays readable', async () => {
    // The client has the new key before anything is encrypted with it.
    await configure("{ keys: { one: '${KEY_ONE}', two: '${KEY_TWO}' }, current: one }");
    const before = sandbox.requestLog.length;
    sandbox.setFaults([{ kind: 'slow', match: { route: 'upload.put' }, delayMs: 600_000 }]);
    const running = startCli(['run', `good-${id}`, '--wait', '--json'], { cwd: project.folder, env: env() });
    while (!sandbox.requestLog.slice(before).some(({ route }) => route === 'upload.put')) await sleep(50);
    await stopWorker();
    sandbox.clearFaults();
    await configure("{ keys: { one: '${KEY_ONE}', two: '${KEY_TWO}' }, current: two }");
    await startWorker();
    const { workflowId } = JSON.parse((await running.ended).stdout) as { workflowId: string };
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    const ids = new Set(textsOf(events).filter((text) => text === 'one' || text === 'two'));
    expect([...ids].sort()).toEqual(['one', 'two']);
    expect((await temporal.client.workflow.getHandle(workflowId).describe()).status.name).toBe('COMPLETED');
  });
});
