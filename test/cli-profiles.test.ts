import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAmsSandbox, type AmsSandbox } from '../sandbox/ams/index.js';
import { cli, startCli, type CliOptions, type RunningCli } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { noteSecrets } from './support/known-secrets.js';

const FORM = 'Athlete Profile';

describe('tidemark with a pipeline of profiles', () => {
  let temporal: TemporalTestEnvironment;
  let sandbox: AmsSandbox;
  let folder: string;
  let worker: RunningCli;
  let options: CliOptions;
  const id = randomUUID().slice(0, 8);
  const [plain, asking] = [`plain-${id}`, `asking-${id}`];
  beforeAll(async () => {
    temporal = await temporalTestEnvironment();
    sandbox = await startAmsSandbox();
    noteSecrets([sandbox.password]);
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cli-ams-'));
    await mkdir(path.join(folder, 'lake'));
    const input = `connection: club, form: ${FORM}, idColumn: username, source: { connection: lake, table: squad }`;
    await writeFile(
      path.join(folder, 'tidemark.yaml'),
      `version: 1
temporal: { taskQueue: cli-${id} }
connections:
  club: { type: ams, url: '\${CLUB_URL}' }
  lake: { type: files, path: lake }
pipelines:
  ${plain}: { workflow: amsUpsertProfiles, input: { ${input} } }
  ${asking}: { workflow: amsUpsertProfiles, input: { ${input}, requireConfirmation: true } }
`,
    );
    await put('ada.amberley.2', 'bo.amberley');
    options = {
      cwd: folder,
      env: {
        TEMPORAL_ADDRESS: temporal.address,
        TEMPORAL_NAMESPACE: temporal.namespace,
        CLUB_URL: sandbox.url,
        // The credentials' own variables: nothing of them is in the config.
        AMS_USERNAME: sandbox.username,
        AMS_PASSWORD: sandbox.password,
      },
    };
    worker = startCli(['worker'], options);
    await worker.line(/^worker: polls task queue/);
  });
  afterAll(async () => {
    worker.child.kill('SIGTERM');
    await worker.ended;
    noteSecrets(sandbox.issuedSessions);
    await sandbox.close();
    await rm(folder, { recursive: true });
    await temporal.close();
  });
  const put = (...usernames: string[]) =>
    writeFile(
      path.join(folder, 'lake', 'squad.csv'),
      ['username,Locker,Height cm', ...usernames.map((name, index) => `${name},00${index},180.5`), ''].join('\n'),
    );
  const tidemark = (...args: string[]) => cli(args, options);

  it('plan: says which users would change which fields, and to what, and sends nothing', async () => {
    const { code, stdout } = await tidemark('plan', plain);
    expect(stdout).toContain('2 users would be written: 2 new, 0 changed, 0 as they are');
    expect(stdout).toMatch(/1 +\d+ +Height cm +180\.5/);
    expect(code).toBe(0);
    expect(sandbox.profiles(FORM)).toEqual([]);
    const json = await tidemark('plan', plain, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      form: FORM,
      rows: 2,
      users: 2,
      fields: { Locker: 2, 'Height cm': 2 },
    });
  });

  it('plan: says which rows a run would refuse, and why', async () => {
    await put('ada.amberley.2', 'nobody');
    const { code, stderr } = await tidemark('plan', plain);
    await put('ada.amberley.2', 'bo.amberley');
    expect(stderr).toMatch(/1 row with a user that does not exist.*: row 2\. .*\(AMS_UNKNOWN_USERS\)/);
    expect(code).toBe(1);
  });

  it('run --wait: shows form, result, records upserted and attempted, on both streams', async () => {
    // Long enough under way to be seen.
    sandbox.configure({ latencyMs: 500 });
    const { code, stdout, stderr } = await tidemark('run', plain, '--wait');
    sandbox.configure({ latencyMs: 0 });
    expect(stdout).toContain(`form: ${FORM}\nresult: success\nrecords upserted: 2\nrecords attempted: 2\n`);
    expect(stderr).toContain(FORM);
    expect(code).toBe(0);
    expect(sandbox.profiles(FORM).map(({ values }) => values['Locker'])).toEqual(['000', '001']);
  });

  it('run --wait --quiet: shows the result without the way to it', async () => {
    const { stdout, stderr } = await tidemark('run', plain, '--wait', '--quiet');
    expect(stdout).toContain('result: success');
    expect(stderr).not.toContain('upserted');
  });

  it('run --wait: exits with 1 when rows failed, and names them', async () => {
    const failing = sandbox.users.find(({ username }) => username === 'bo.amberley')?.id ?? 0;
    sandbox.setFaults([{ kind: 'stateError', message: 'Locked', match: { route: 'profileimport', userId: failing } }]);
    const { code, stdout } = await tidemark('run', plain, '--wait');
    sandbox.clearFaults();
    expect(stdout).toMatch(new RegExp(`2 +${failing} +AMS_REFUSED +.*Locked`));
    expect(code).toBe(1);
  });

  it('run --wait --yes: says yes to a run that asks', async () => {
    const { code, stdout } = await tidemark('run', asking, '--wait', '--yes', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ result: { result: 'success', confirmation: { answer: 'yes' } } });
  });

  it('confirm: answers a run that waits, from elsewhere; an answer that nobody waits for is refused', async () => {
    const waiting = startCli(['run', asking, '--wait'], options);
    await waiting.line(/^It waits for a confirmation: tidemark confirm/);
    const writes = sandbox.requestLog.filter(({ route }) => route === 'profileimport').length;
    const wrong = await tidemark('confirm', asking, 'maybe');
    expect(wrong.code).toBe(2);
    const answered = await tidemark('confirm', asking, 'no');
    expect(answered.stdout).toMatch(/answered 'no', by \S+/);
    const { code, stdout } = await waiting.ended;
    expect(stdout).toContain('result: cancelled by user');
    expect(code).toBe(3);
    expect(sandbox.requestLog.filter(({ route }) => route === 'profileimport')).toHaveLength(writes);
    const late = await tidemark('confirm', asking, 'yes');
    expect(late.stderr).toMatch(/No run of pipeline .* is under way\. \(NOT_RUNNING\)/);
    expect(late.code).toBe(1);
  });

  it('check: signs in, with the credentials of the environment', async () => {
    const { stdout } = await tidemark('check');
    expect(stdout).toMatch(/✔ club \(AMS\): signed in; 62 users in sight/);
  });
});
