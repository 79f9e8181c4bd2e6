import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { usableBundle } from '../workers/workflow-bundle.js';
import { cli, startCli, type CliOptions } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { noteSecrets } from './support/known-secrets.js';
import { makeProject, type Project } from './support/project.js';

const WEB_UI = 'http://ui.example:8233';
let temporal: TemporalTestEnvironment;
let sandbox: TitanSandbox;
/** Each test has one, and the Schedules of its pipelines. */
let project: Project;
let options: CliOptions & { env: Record<string, string> };
let plain: string;

const tidemark = (...args: string[]) => cli(args, options);
/** The project's config with a schedule for its upload. */
const withSchedule = (schedule: string) =>
  project.put('tidemark.yaml', plain.replace(/(workflow: titanConventionUpload\n)/, `$1    schedule: ${schedule}\n`));

beforeAll(async () => {
  temporal = await temporalTestEnvironment();
  sandbox = await startTitanSandbox({ exportDelayMs: 0 });
  noteSecrets([sandbox.clientSecret]);
});
beforeEach(async () => {
  project = await makeProject();
  plain = await readFile(path.join(project.folder, 'tidemark.yaml'), 'utf8');
  options = {
    cwd: project.folder,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      TIDEMARK_WEB_UI: WEB_UI,
      TITAN_URL: sandbox.url,
      TITAN_ID: sandbox.clientId,
      TITAN_SECRET: sandbox.clientSecret,
      TITANRDM_CLIENT_ID: sandbox.clientId,
      TITANRDM_CLIENT_SECRET: sandbox.clientSecret,
    },
  };
});
afterEach(async () => {
  await temporal.client.schedule
    .getHandle(`tidemark/${project.up}`)
    .delete()
    .catch(() => undefined);
  await project.remove();
});
afterAll(async () => {
  noteSecrets(sandbox.issuedTokens);
  await sandbox.close();
  await temporal.close();
});

describe('tidemark apply', () => {
  it('shows the difference, and without a terminal and --yes changes nothing', async () => {
    await withSchedule('{ cron: 0 2 * * *, timezone: Europe/London }');
    const line = `+ tidemark/${project.up}  new: at 0 2 * * * Europe/London\n`;
    const dry = await tidemark('apply', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: `${line}would apply: 1 Schedule created\n` });
    const asked = await tidemark('apply');
    expect(asked.code).toBe(2);
    expect(asked.stdout).toBe(line);
    expect(asked.stderr).toMatch(/Say --yes; .* \(CONFIRMATION_NEEDED\)\n$/);
    await expect(temporal.client.schedule.getHandle(`tidemark/${project.up}`).describe()).rejects.toThrow(/not found/i);
  });

  it('with --yes makes the Schedules, and the second time finds nothing to do', async () => {
    await withSchedule('{ cron: 0 2 * * *, timezone: Europe/London }');
    const first = await tidemark('apply', '--yes', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      project: project.taskQueue,
      applied: true,
      changes: [{ scheduleId: `tidemark/${project.up}`, pipeline: project.up, change: 'create' }],
    });
    const second = await tidemark('apply');
    expect(second).toMatchObject({
      code: 0,
      stdout: `= tidemark/${project.up}  at 0 2 * * * Europe/London\n`,
      stderr: '',
    });
  });

  it('names what changes, with what was and what will be, and the link of the Schedule', async () => {
    await withSchedule('{ cron: 0 2 * * *, timezone: Europe/London }');
    expect((await tidemark('apply', '--yes')).code).toBe(0);
    await withSchedule('{ cron: 0 3 * * *, timezone: Europe/London, overlap: bufferOne }');
    const { code, stdout } = await tidemark('apply', '--yes');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `~ tidemark/${project.up}  changes:  ${WEB_UI}/namespaces/${temporal.namespace}/schedules/tidemark%2F${project.up}`,
      '    times: at 0 2 * * * → at 0 3 * * *',
      '    overlap: SKIP → BUFFER_ONE',
      'applied: 1 Schedule changed',
      '',
    ]);
  });

  it('of a wrong schedule names the line, the key and the nearest valid one, and exits with 2', async () => {
    await withSchedule('{ cronn: 0 3 * * * }');
    const { code, stderr } = await tidemark('apply', '--yes');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /tidemark\.yaml:\d+:\d+: pipelines\.up-\w+\.schedule\.cronn: unknown key\. Did you mean "cron"\? /,
    );
  });
});

describe('tidemark pause, status and resume', () => {
  it('tell of each other: paused with its reason, then the next runs', async () => {
    await withSchedule('{ cron: 0 0 1 1 *, paused: false }');
    expect((await tidemark('apply', '--yes')).code).toBe(0);
    const paused = await tidemark('pause', project.up, '--reason', 'a holiday');
    expect(paused.stdout).toContain(`paused: tidemark/${project.up}  ${WEB_UI}/`);
    expect(paused.stderr).toContain('tidemark.yaml says paused: false');
    const all = await tidemark('status');
    expect(all.stdout).toMatch(new RegExp(`^${project.up} +never .* paused *$`, 'm'));
    expect(all.stdout).toMatch(new RegExp(`^${project.down} +never .* no schedule *$`, 'm'));
    const one = await tidemark('status', project.up);
    expect(one.stdout).toMatch(/^paused +a holiday$/m);
    expect(one.stdout).toMatch(/^runs +none that the namespace remembers$/m);
    expect((await tidemark('resume', project.up)).code).toBe(0);
    const json = await tidemark('status', project.up, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      pipeline: project.up,
      ended: [],
      schedule: { paused: false, note: 'by tidemark resume', counts: { started: 0 } },
    });
  });

  it('of a pipeline without a Schedule say so, and of one that there is not name the near ones', async () => {
    await withSchedule('{ cron: 0 0 1 1 *, paused: false }');
    const without = await tidemark('pause', project.down);
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('(NO_SCHEDULE)');
    const unknown = await tidemark('status', `${project.up}x`);
    expect(unknown.stderr).toContain(`Near names: "${project.up}"`);
  });
});

describe('tidemark backfill', () => {
  it('says which runs are due and what becomes of them, and refuses ranges that mean nothing', async () => {
    await withSchedule('{ cron: 0 0 1 1 *, paused: false }');
    expect((await tidemark('apply', '--yes')).code).toBe(0);
    const range = ['--from', '2024-01-01', '--to', '2026-01-01T00:00:00Z'];
    const { code, stdout } = await tidemark('backfill', project.up, ...range, '--dry-run', '--overlap', 'skip');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^would be due: 3 runs, of 2024-01-01T00:00:00\.000Z to 2026-01-01T00:00:00\.000Z/);
    expect(stdout).toContain('overlap skip: one run starts');
    const cases: [string[], string][] = [
      [['--from', '2024-01-02', '--to', '2024-02-01'], 'BACKFILL_RANGE'],
      [['--from', '2024-01-02', '--to', '2024-01-01'], 'BACKFILL_RANGE'],
      [['--from', 'yesterday', '--to', '2024-01-01'], 'BAD_INSTANT'],
    ];
    for (const [given, error] of cases) {
      const refused = await tidemark('backfill', project.up, ...given, '--json');
      expect(refused.code).toBe(2);
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: error } });
    }
  });
});

describe('tidemark init', () => {
  it('writes a config of a discovered domain that holds no secret, with which check passes', async () => {
    const folder = path.join(project.folder, 'fresh');
    await project.put('fresh/.keep', '');
    const inFolder = { ...options, cwd: folder };
    const written = await cli(['init', '--url', sandbox.url, '--domain', 'Customer'], inFolder);
    expect(written.stderr).toContain('Next: tidemark check');
    expect(written.code).toBe(0);
    const text = await readFile(path.join(folder, 'tidemark.yaml'), 'utf8');
    expect(text).toMatch(/^# {3}cust_customers +Customers$/m);
    expect(text).toContain('clientSecret: ${TITANRDM_CLIENT_SECRET}');
    expect(text).not.toContain(sandbox.clientSecret);
    const check = await cli(['check'], inFolder);
    expect(check.stdout).toContain('✔ tenant (TitanRDM): signed in');
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining('✔ tables (tables): 0 tables') });

    const again = await cli(['init', '--url', sandbox.url, '--domain', 'Customer'], inFolder);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('(CONFIG_EXISTS)');
    expect(await readFile(path.join(folder, 'tidemark.yaml'), 'utf8')).toBe(text);
  });

  it.each([
    [['--domain', 'Customer'], 2, /--url is missing\. .*\(INIT_INCOMPLETE\)/],
    [['--url', 'URL', '--domain', 'Custommer'], 1, /no domain named "Custommer"\. Near names: "Customer"/],
    [['--url', 'URL', '--domain', 'Customer', '--branch', 'mian'], 1, /no branch named "mian"\. Near names: "main"/],
    [['--url', 'URL', '--domain', 'Customer', '--client-id-env', 'NOT_SET'], 2, /NOT_SET is not set/],
    [['--url', 'sandbox', '--domain', 'Customer'], 2, /No `tidemark dev` with a sandbox is up/],
  ])('with %j says what is missing or wrong', async (args, exitCode, message) => {
    const given = args.map((arg) => (arg === 'URL' ? sandbox.url : arg));
    const { code, stderr } = await tidemark('init', '--config', 'other/tidemark.yaml', ...given);
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });
});

describe('tidemark bundle', () => {
  it('builds the workflows ahead of time; a worker takes the file, and refuses that of another release', async () => {
    await project.put('tidemark.yaml', `${plain}worker: { bundle: workflows.js }\n`);
    const { code, stdout } = await tidemark('bundle', '--out', 'workflows.js', '--json');
    expect(code).toBe(0);
    const { bundle, bytes } = JSON.parse(stdout) as { bundle: string; bytes: number }; // as the command promises
    const text = await readFile(bundle, 'utf8');
    const map = JSON.parse(Buffer.from(text.split('base64,').at(-1) ?? '', 'base64').toString('utf8')) as object;
    expect(map).toMatchObject({ sources: expect.arrayContaining([expect.stringContaining('tidemark-run')]) });
    expect(map).not.toHaveProperty('sourcesContent');
    expect(Buffer.byteLength(text)).toBe(bytes);
    expect(text).toMatch(/^\/\*# tidemark=\d+\.\d+\.\d+ \*\//);

    await project.put(
      'lake/cust_customers.csv',
      'customer_code,name,segment,credit_limit,active\n007,Bond,NA,1.10,true\n',
    );
    const worker = startCli(['worker'], options);
    try {
      await worker.line(/^worker: polls task queue/);
      expect(await tidemark('run', project.up, '--wait')).toMatchObject({ code: 0 });
    } finally {
      worker.child.kill('SIGTERM');
      await worker.ended;
    }

    await project.put('old.js', text.replace(/tidemark=\S+/, 'tidemark=0.0.1'));
    const refused = await tidemark('worker', '--bundle', 'old.js');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/made by Tidemark 0\.0\.1; this is .* \(BUNDLE_UNUSABLE\)/);
    expect((await tidemark('worker', '--bundle', 'none.js')).stderr).toContain('(BUNDLE_UNUSABLE)');
  });

  it.each([
    ['temporal.encryption', { encryption: { keys: { k1: 'not looked at' }, current: 'k1' } }],
    ['worker.tracing', { tracing: { endpoint: 'http://127.0.0.1:9/v1/traces', service: 'tables' } }],
  ])('is of no use beside %s, and the refusal says what to leave out', async (key, given) => {
    await expect(usableBundle('workflows.js', given)).rejects.toMatchObject({
      code: 'BUNDLE_UNUSABLE',
      message: expect.stringContaining(`Leave out worker.bundle where ${key} is set`),
    });
  });
});
