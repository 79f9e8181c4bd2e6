import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { cli, startCli, startCliWorker, type CliOptions, type RunningCli } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { makeProject, type Project } from './support/project.js';

const WEB_UI = 'http://ui.example:8233';
let temporal: TemporalTestEnvironment;
let sandbox: TitanSandbox;
let project: Project;
let worker: RunningCli;
/** Sends what `project.up` sends, to a branch to which nothing else is sent. */
let toDev: string;
let options: CliOptions & { env: Record<string, string> };
/** Everything that the commands of a test printed. */
let printed = '';

const tidemark = async (...args: string[]) => {
  const result = await cli(args, options);
  printed += result.stdout + result.stderr;
  return result;
};
const linkPattern = (pipeline: string) =>
  new RegExp(
    `${WEB_UI}/namespaces/${temporal.namespace}/workflows/tidemark%2Fpipeline%2F${pipeline}/[0-9a-f-]{36}/history`,
  );

beforeAll(async () => {
  temporal = await temporalTestEnvironment();
  sandbox = await startTitanSandbox({ exportDelayMs: 0 });
  project = await makeProject();
  toDev = project.up.replace('up', 'to-dev');
  await project.put(
    'tidemark.yaml',
    `${await readFile(path.join(project.folder, 'tidemark.yaml'), 'utf8')}
  ${toDev}:
    workflow: titanConventionUpload
    input: { connection: tenant, branch: { name: dev }, domain: Customer, poll: { intervalSeconds: 0.1 }, store: lake }
`,
  );
  options = {
    cwd: project.folder,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      TIDEMARK_WEB_UI: WEB_UI,
      TITAN_URL: sandbox.url,
      TITAN_ID: sandbox.clientId,
      TITAN_SECRET: sandbox.clientSecret,
    },
  };
  worker = startCliWorker(options);
  await worker.line(/^worker: polls task queue/);
});
beforeEach(() => {
  printed = '';
});
afterEach(async () => {
  sandbox.configure({ importDelayMs: 0 });
  await temporal.client.workflow
    .getHandle(`tidemark/pipeline/${project.up}`)
    .terminate('the test is over')
    .catch(() => undefined);
  expect(printed).not.toContain(sandbox.clientSecret);
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  const { stdout, stderr } = await worker.ended;
  expect(stdout + stderr).not.toContain(sandbox.clientSecret);
  await sandbox.close();
  await project.remove();
  await temporal.close();
});

describe('tidemark run --wait', () => {
  it('shows progress on stderr with the link of the run, and per table what was done on stdout', async () => {
    const { code, stdout, stderr } = await tidemark('run', toDev, '--wait');
    expect(code).toBe(0);
    expect(stderr).toMatch(linkPattern(toDev));
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'domain    table      rows  inserted  updated  deleted  status',
      'Customer  customers     2         2        0        0  success',
      'Customer  segments      1         1        0        0  success',
    ]);
    expect(stdout).toMatch(linkPattern(toDev));
    expect(await sandbox.rows('cust_customers', { branch: 'dev' })).toHaveLength(2);
  });

  it('with --json prints the whole result as one line', async () => {
    expect((await tidemark('run', project.up, '--wait')).code).toBe(0);
    const { code, stdout } = await tidemark('run', project.down, '--wait', '--json');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      pipeline: project.down,
      workflow: 'titanConventionDownload',
      link: expect.stringMatching(linkPattern(project.down)),
      outcome: 'completed',
      result: { totals: { tables: 2, success: 2, rows: 3 } },
    });
    expect(await readFile(path.join(project.folder, 'landing/cust_customers.csv'), 'utf8')).toMatch(/\n007,Bond,/);
  });

  it('that fails says why with its code and link, prints the tables all the same, and exits with 1', async () => {
    await project.put('lake/cust_segments.csv', 'segment,description\nNA,a\nNA,b\n');
    const { code, stdout, stderr } = await tidemark('run', project.up, '--wait');
    const json = await tidemark('run', project.up, '--wait', '--json');
    await project.put('lake/cust_segments.csv', 'segment,description\nNA,\n');
    expect(code).toBe(1);
    expect(stdout).toMatch(/segments .* error: /);
    expect(stderr).toMatch(/^tidemark: up-\w+ failed: .* \(DUPLICATE_KEYS\) http.*$/m);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      outcome: 'failed',
      error: { code: 'DUPLICATE_KEYS' },
      result: { totals: { failed: 2 } },
    });
  });
});

describe('tidemark run', () => {
  it('starts a run, prints its link, and refuses a second one with the link of the first', async () => {
    sandbox.configure({ importDelayMs: 60_000 });
    const first = await tidemark('run', project.up);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(linkPattern(project.up));
    const second = await tidemark('run', project.up);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/ is running already: http.* \(PIPELINE_RUNNING\)\n$/);
    expect(second.stderr).toContain(first.stdout.trim().replace('started: ', ''));
  });

  it('names the near pipelines when there is no such one', async () => {
    const { code, stderr } = await tidemark('run', `${project.up}x`);
    expect(code).toBe(1);
    expect(stderr).toContain(`"${project.up}"`);
  });
});

describe('Ctrl-C during the waiting', () => {
  it('ends the waiting, and the run goes on: it says so and how to cancel it', async () => {
    sandbox.configure({ importDelayMs: 60_000 });
    const run = startCli(['run', project.up, '--wait'], options);
    await run.line(/waiting for TitanRDM/);
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      new RegExp(`The run goes on: ${linkPattern(project.up).source}\nTo cancel it: tidemark cancel ${project.up}\n$`),
    );

    const handle = temporal.client.workflow.getHandle(`tidemark/pipeline/${project.up}`);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const cancelled = await tidemark('cancel', project.up);
    expect(cancelled.stdout).toMatch(linkPattern(project.up));
    await expect(handle.result()).rejects.toThrow(/cancelled/i);
    expect((await tidemark('cancel', project.up)).stderr).toContain('(NOT_RUNNING)');
  });

  it('with --cancel-on-interrupt cancels the run, waits for its end, and exits with 3', async () => {
    sandbox.configure({ importDelayMs: 60_000 });
    const run = startCli(['run', project.up, '--wait', '--cancel-on-interrupt', '--json'], options);
    await run.line(/waiting for TitanRDM/);
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(3);
    expect(stderr).toContain('Cancelling the run; Ctrl-C again leaves it to itself.');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'cancelled', error: { code: 'RUN_CANCELLED' } });
  });
});

describe('tidemark check', () => {
  it('says what answers, and exits with 0', async () => {
    const { code, stdout } = await tidemark('check');
    expect(stdout).toMatch(/^✔ temporal \(Temporal\): .* 1 worker polls it/m);
    expect(stdout).toContain('✔ tenant (TitanRDM): signed in; 2 branches: main, dev');
    expect(stdout).toContain('✔ lake (tables): 2 tables: cust_customers, cust_segments');
    expect(code).toBe(0);
  });

  it('says what is wrong with which connection and how to mend it, and exits with 1', async () => {
    const env = { ...options.env, TITAN_SECRET: 'wrong-secret-7261', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, stdout } = await cli(['check', '--json'], { ...options, env });
    expect(code).toBe(1);
    expect(stdout).not.toContain('wrong-secret-7261');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      checks: [
        { name: 'temporal', ok: false, error: { code: 'TEMPORAL_UNREACHABLE' } },
        { name: 'tenant', ok: false, error: { code: 'TITAN_AUTHENTICATION' } },
        { name: 'lake', ok: true },
        { name: 'landing', ok: true },
      ],
    });
  });
});

describe('tidemark worker', () => {
  it('ends in an orderly way on SIGTERM; no command has printed a secret', async () => {
    const own = await makeProject();
    try {
      const inFolder = { ...options, cwd: own.folder };
      const another = startCliWorker(inFolder);
      await another.line(/^worker: polls task queue/);
      const ran = await cli(['run', own.up, '--wait'], inFolder);
      another.child.kill('SIGTERM');
      const { code, stdout, stderr } = await another.ended;
      expect(code).toBe(0);
      expect(stderr).toContain('stopping');
      expect(ran.stdout).toContain(own.up);
      expect(ran.stdout + ran.stderr + stdout + stderr).not.toContain(sandbox.clientSecret);
    } finally {
      await own.remove();
    }
  });
});
