import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, CTRL_C, CTRL_D, startOnTerminal, type CliOnTerminal } from './support/cli.js';
import { FORM, startProfilesProject, type ProfilesProject } from './support/profiles-project.js';

const QUESTION = `Upsert 2 profiles in '${FORM}'? (y/n)`;

describe('tidemark run --wait of a pipeline that requires a confirmation, on a terminal', () => {
  let project: ProfilesProject;
  let asking = '';
  beforeAll(async () => {
    project = await startProfilesProject();
    ({ asking } = project);
  });
  afterEach(() => cli(['cancel', asking], project.options));
  afterAll(() => project.close());

  /** The command on a terminal of its own, as far as its question. */
  async function asked(...args: string[]): Promise<CliOnTerminal> {
    const command = startOnTerminal(['run', asking, '--wait', ...args], project.options);
    await command.line(/\(y\/n\)/u);
    return command;
  }
  const sent = () => project.sandbox.requestLog.filter(({ route }) => route === 'profileimport').length;

  it('shows how many users would be changed and which fields, asks, and ends as cancelled by user on n, nothing sent', async () => {
    const command = await asked();
    const shown = command.printed.stdout;
    expect(shown).toMatch(/2 users would be written: 2 new, 0 changed, 0 as they are\r?\n/u);
    for (const field of ['Locker', 'Height cm']) expect(shown).toContain(`  ${field}: 2 users`);
    expect(shown).toContain(QUESTION);
    command.type('n\r');
    const { code, stdout } = await command.ended;
    expect(stdout).toContain('result: cancelled by user');
    expect(code).toBe(3);
    expect(sent()).toBe(0);
  });

  it('asks again while neither y nor n comes, and sends on y', async () => {
    const command = await asked();
    command.type('maybe\r');
    await command.until((printed) => printed.split(QUESTION).length > 2);
    expect(sent()).toBe(0);
    command.type('y\r');
    const { code, stdout } = await command.ended;
    expect(stdout).toMatch(/result: success\r?\nrecords upserted: 2\r?\n/u);
    expect(code).toBe(0);
    expect(project.sandbox.profiles(FORM).map(({ values }) => values['Locker'])).toEqual(['000', '001']);
  });

  it.each([
    ['Ctrl-C', CTRL_C],
    ['the end of the input', CTRL_D],
  ])('ends on %s and says what remains: the run waits, and how to answer or cancel it', async (_, key) => {
    const before = sent();
    const command = await asked();
    command.type(key);
    const { code, stdout } = await command.ended;
    expect(stdout).toContain(`It waits for a confirmation: tidemark confirm ${asking} yes (or no)`);
    expect(stdout).toContain('The run goes on: ');
    expect(stdout).toContain(`To cancel it: tidemark cancel ${asking}`);
    expect(stdout).not.toMatch(/Error|\bat .*:\d+/u);
    expect(code).toBe(130);
    expect(sent()).toBe(before);
    // It is true: the run takes its answer still.
    const answered = await cli(['confirm', asking, 'no'], project.options);
    expect(answered.stdout).toMatch(/answered 'no', by \S+/u);
  });

  it('with --cancel-on-interrupt cancels the run on Ctrl-C', async () => {
    const command = await asked('--cancel-on-interrupt');
    command.type(CTRL_C);
    const { code, stdout } = await command.ended;
    expect(stdout).toContain('Cancelling the run.');
    expect(code).toBe(3);
  });

  it('takes its question back when the run was answered elsewhere, and shows its end', async () => {
    const command = await asked();
    await cli(['confirm', asking, 'no'], project.options);
    const { code, stdout } = await command.ended;
    expect(stdout).toContain('The run does not wait any more: somebody else has answered, or it has ended.');
    expect(stdout).toContain('result: cancelled by user');
    expect(code).toBe(3);
  });

  it('with --yes asks nobody, on a terminal too', async () => {
    const command = startOnTerminal(['run', asking, '--wait', '--yes'], project.options);
    const { code, stdout } = await command.ended;
    expect(stdout).not.toContain('(y/n)');
    expect(code).toBe(0);
  });
});
