import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pipelineWorkflowId } from '../contracts/config.js';
import type { TitanConventionDownloadResult } from '../contracts/titan-results.js';
import { watermarkWorkflowId, type Watermarks } from '../contracts/watermark.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { cli, startCliWorker, type CliOptions, type RunningCli } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { makeProject, type Project } from './support/project.js';

let temporal: TemporalTestEnvironment;
let sandbox: TitanSandbox;
let project: Project;
let worker: RunningCli;
let options: CliOptions;
const pipelines: string[] = [];
const pipeline = (name: string): string => {
  const unique = `${name}-${randomUUID()}`;
  pipelines.push(unique);
  return unique;
};
/** Has run once, and no test changes what it holds: each that would has a pipeline of its own. */
const nightly = pipeline('nightly');
const [neverRan, isSet, isReset] = [pipeline('never-ran'), pipeline('is-set'), pipeline('is-reset')];
const [isInterrupted, isTerminated] = [pipeline('is-interrupted'), pipeline('is-terminated')];
const tidemark = (...args: string[]) => cli(args, options);
const run = async (name: string): Promise<void> => {
  expect((await tidemark('run', name, '--wait')).code).toBe(0);
};
const MARK = '2001-01-01T00:00:00Z';

beforeAll(async () => {
  temporal = await temporalTestEnvironment();
  sandbox = await startTitanSandbox({ exportDelayMs: 0 });
  project = await makeProject(
    undefined,
    `${pipelines
      .map(
        (name) => `  ${name}:
    workflow: titanConventionDownload
    input: { connection: tenant, branch: { name: main }, domain: Customer, store: landing, pattern: incremental, poll: { intervalSeconds: 0.1 } }
`,
      )
      .join('')}  whole:
    workflow: titanConventionDownload
    input: { connection: tenant, branch: { name: main }, domain: Customer, store: landing }
  numbers:
    workflow: postgresIngest
    input: { source: { type: rows, rows: [] }, target: warehouse, tables: [{ schema: s, name: t, columns: [{ name: id, type: int }] }] }
`,
  );
  const config = await readFile(path.join(project.folder, 'tidemark.yaml'), 'utf8');
  const warehouse = '  warehouse: { type: postgres, url: postgres://localhost:1/none }';
  await project.put('tidemark.yaml', config.replace('connections:\n', `connections:\n${warehouse}\n`));
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
  worker = startCliWorker(options);
  await worker.line(/^worker: polls task queue/);
  await run(nightly);
});
afterEach(() => {
  sandbox.configure({ exportDelayMs: 0 });
});
afterAll(async () => {
  for (const name of pipelines)
    await temporal.client.workflow
      .getHandle(watermarkWorkflowId(name))
      .terminate('the test is over')
      .catch(() => undefined);
  worker.child.kill('SIGTERM');
  await worker.ended;
  await sandbox.close();
  await project.remove();
  await temporal.close();
});

describe('tidemark watermark', () => {
  it('says that a pipeline which has not run holds none', async () => {
    const { code, stderr } = await tidemark('watermark', 'get', neverRan);
    expect([code, stderr]).toEqual([0, `tidemark: ${neverRan} holds no high watermark yet\n`]);
    expect((await tidemark('history', neverRan)).stderr).toContain('nothing has moved');
  });

  it('shows what a run has reached, by table', async () => {
    const { stdout } = await tidemark('watermark', 'get', nightly);
    expect(stdout).toMatch(/^key +value +at +run\n.*cust_customers +"20/su);
    const { stdout: json } = await tidemark('watermark', 'get', nightly, 'cust_customers', '--json');
    expect(JSON.parse(json)).toMatchObject({
      pipeline: nightly,
      watermarks: { cust_customers: { sequence: 1 } },
      overrides: {},
    });
  });

  it('sets one for the next run, which begins from there', async () => {
    await run(isSet);
    const set = ['watermark', 'set', isSet, 'cust_customers', '--value', `"${MARK}"`, '--reason', 'bad rows'];
    const { code, stdout } = await tidemark(...set);
    expect([code, stdout]).toEqual([0, `${isSet}: cust_customers is set to "${MARK}" for the next run\n`]);
    const by = userInfo().username;
    expect((await tidemark('watermark', 'get', isSet)).stdout).toContain(`set "${MARK}" by ${by}: bad rows`);
    const next = await tidemark('run', isSet, '--wait', '--json');
    expect(JSON.parse(next.stdout)).toMatchObject({
      result: { tables: expect.arrayContaining([expect.objectContaining({ watermark: expect.anything() })]) },
    });
    expect((await tidemark('watermark', 'get', isSet)).stdout).not.toContain('bad rows');
    const { stdout: history } = await tidemark('history', isSet);
    expect(history).toMatch(/cust_customers +set .*bad rows\n.*cust_customers +applied/su);
    const { events } = JSON.parse((await tidemark('history', isSet, '--json')).stdout) as { events: unknown[] };
    expect(events).toContainEqual(expect.objectContaining({ kind: 'set', by, reason: 'bad rows', to: MARK }));
  });

  it('resets one in the name of somebody else', async () => {
    await run(isReset);
    const reset = ['watermark', 'reset', isReset, 'cust_customers', '--reason', 'anew', '--by', 'ann', '--json'];
    const { stdout } = await tidemark(...reset);
    expect(JSON.parse(stdout)).toMatchObject({
      pipeline: isReset,
      key: 'cust_customers',
      override: { kind: 'reset', by: 'ann', reason: 'anew' },
    });
  });

  it.each([
    ['without a reason', ['set', 'cust_customers', '--value', '1'], 2, /--reason/u],
    ['a value that is no JSON', ['set', 'cust_customers', '--value', MARK, '--reason', 'r'], 2, /double quotes/u],
    [
      'a value that is no instant',
      ['set', 'cust_customers', '--value', '"soon"', '--reason', 'r'],
      1,
      /TITAN_BAD_MARK/u,
    ],
    [
      'a table that is none of the pipeline',
      ['reset', 'cust_custmers', '--reason', 'r'],
      1,
      /Near names: "cust_customers"/u,
    ],
    ['a verb that is none', ['rest', 'cust_customers'], 2, /"reset"/u],
  ])('refuses %s', async (_, [verb = '', ...args], code, says) => {
    const refused = await tidemark('watermark', verb, nightly, ...args);
    expect(refused.stderr).toMatch(says);
    expect(refused.code).toBe(code);
  });

  it('sets none for a pipeline whose runs would never look at it', async () => {
    const refused = await tidemark(
      'watermark',
      'set',
      'whole',
      'cust_customers',
      '--value',
      `"${MARK}"`,
      '--reason',
      'r',
      '--new',
    );
    expect(refused.stderr).toMatch(/whole .*keeps none.*pattern 'incremental'.*NO_WATERMARKS/su);
    expect(refused.code).toBe(1);
  });

  it('takes no table for a pipeline that has one watermark', async () => {
    const refused = await tidemark('watermark', 'reset', 'numbers', 'orders', '--reason', 'r');
    expect(refused.stderr).toMatch(/leave the table out/u);
    expect(refused.code).toBe(2);
  });
});

describe('a worker that is killed in the middle of an incremental run', () => {
  it('is followed by another one, which ends the run, and the watermarks are what the rows are', async () => {
    await run(isInterrupted);
    expect((await tidemark('watermark', 'reset', isInterrupted, 'cust_customers', '--reason', 'anew')).code).toBe(0);
    sandbox.configure({ exportDelayMs: 2_000 });
    const asked = () => sandbox.requestLog.filter(({ route }) => route === 'exports.new').length;
    const before = asked();
    expect((await tidemark('run', isInterrupted)).code).toBe(0);
    while (asked() < before + 2) await sleep(20);
    worker.child.kill('SIGKILL');
    await worker.ended;
    worker = startCliWorker(options);
    const result: unknown = await temporal.client.workflow.getHandle(pipelineWorkflowId(isInterrupted)).result();
    // Reset above: this run's first one.
    expect(result).toMatchObject({ totals: { failed: 0 }, tables: expect.anything() });
    const { tables } = result as TitanConventionDownloadResult;
    const { stdout } = await tidemark('watermark', 'get', isInterrupted, '--json');
    const { watermarks } = JSON.parse(stdout) as { watermarks: Watermarks };
    for (const { conventionKey, watermark } of tables) expect(watermarks[conventionKey]?.value).toBe(watermark?.to);
  });
});

describe('a watermark workflow that somebody has terminated', () => {
  it('is shown with what it held last, and that the next run begins without it', async () => {
    await run(isTerminated);
    const handle = temporal.client.workflow.getHandle(watermarkWorkflowId(isTerminated));
    await handle.terminate('by mistake');
    const { code, stdout, stderr } = await tidemark('watermark', 'get', isTerminated);
    expect([code, stdout]).toEqual([0, expect.stringContaining('cust_customers')]);
    expect(stderr).toMatch(/ended as TERMINATED at 20.*: the next run .*begins from nothing/u);
    const { stdout: json } = await tidemark('watermark', 'get', isTerminated, '--json');
    expect(JSON.parse(json)).toMatchObject({ lost: { status: 'TERMINATED' } });
  });
});
