import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AmsSandbox } from '../sandbox/ams/index.js';
import { cli, startCli, type CliOptions } from './support/cli.js';
import { FORM, startProfilesProject, type ProfilesProject } from './support/profiles-project.js';

describe('tidemark with a pipeline of profiles', () => {
  let project: ProfilesProject;
  let sandbox: AmsSandbox;
  let options: CliOptions;
  let [plain, asking] = ['', ''];
  let put: ProfilesProject['put'];
  beforeAll(async () => {
    project = await startProfilesProject();
    ({ sandbox, options, plain, asking, put } = project);
  });
  afterAll(() => project.close());
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
