import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, startCli } from './support/cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const COMMANDS = ['dev', 'worker', 'run', 'cancel', 'check', 'sandbox', 'errors'];

describe('help', () => {
  it.each(COMMANDS)('of %s teaches with examples, on stdout, and is a success', async (command) => {
    const { code, stdout, stderr } = await cli([command, '--help'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: tidemark ${command}`);
    expect(stdout).toContain(`Examples:\n  tidemark ${command}`);
    for (const option of ['--config', '--json', '--debug']) expect(stdout).toContain(option);
  });

  it('without a command lists all of them', async () => {
    const { stdout } = await cli(['--help']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});

describe('a wrong command line', () => {
  it.each([
    [['rnu'], /^tidemark: unknown command 'rnu'\n\(Did you mean run\?\)/],
    [['run'], /^tidemark: missing required argument 'pipeline'/],
    [['run', 'a', '--wiat'], /^tidemark: unknown option '--wiat'\n\(Did you mean --wait\?\)/],
    [['run', 'a', 'b'], /^tidemark: too many arguments/],
    [['dev', '--port', '70000'], /a port is 0 to 65535/],
  ])('%j says what is wrong on stderr, and exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await cli(args, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('a failure', () => {
  it('of the config is one line that names file, line and key, and exits with 2', async () => {
    await writeFile(path.join(folder, 'bad.yaml'), 'version: 1\nconections: {}\n');
    for (const command of [['run', 'x'], ['worker'], ['check'], ['dev']]) {
      const { code, stdout, stderr } = await cli([...command, '--config', 'bad.yaml'], { cwd: folder });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      const file = path.join(folder, 'bad.yaml');
      expect(stderr).toBe(
        `tidemark: ${file}:2:1: conections: unknown key. Did you mean "connections"? (CONFIG_INVALID)\n`,
      );
    }
  });

  it('is JSON on stdout with --json, and shows the stack with --debug only', async () => {
    const { stdout, stderr } = await cli(['check', '--json'], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CONFIG_NOT_FOUND', problems: [{ message: expect.any(String) }] },
    });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    const debug = await cli(['check', '--debug'], { cwd: folder });
    expect(debug.stderr).toMatch(/^ {4}at /m);
  });

  it('of Temporal names its address and the mend, without a stack', async () => {
    await writeFile(path.join(folder, 'tidemark.yaml'), 'version: 1\ntemporal: { address: "127.0.0.1:1" }\n');
    const { code, stderr } = await cli(['cancel', 'x'], { cwd: folder });
    await rm(path.join(folder, 'tidemark.yaml'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tidemark: Temporal at 127\.0\.0\.1:1 .* does not answer\. Start a local one .* \(TEMPORAL_UNREACHABLE\)\n$/,
    );
  });
});

describe('tidemark errors', () => {
  it('says what a code means and how to mend it', async () => {
    const { code, stdout } = await cli(['errors', 'duplicate_keys']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      'DUPLICATE_KEYS\nA primary key appears more than once in a file. Nothing was sent, or written.\nKeep one row per key.\n',
    );
    expect(JSON.parse((await cli(['errors', 'TITAN_TIMEOUT', '--json'])).stdout)).toMatchObject({
      code: 'TITAN_TIMEOUT',
    });
  });

  it('names the near ones when there is no such code', async () => {
    const { code, stderr } = await cli(['errors', 'DUPLICATE_KEY']);
    expect(code).toBe(1);
    expect(stderr).toContain('"DUPLICATE_KEYS"');
  });

  it('ends well when its reader goes away', async () => {
    const running = startCli(['errors']);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
