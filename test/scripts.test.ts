import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

interface Ended {
  code: number | null;
  output: string;
}

/** Runs a module's text in plain Node, as the scripts run; `signal` is sent once, when it first prints something. */
async function node(text: string, signal?: NodeJS.Signals): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (signal !== undefined && output === '') child.kill(signal);
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const library = (name: string): string => JSON.stringify(path.resolve('scripts', 'lib', name));

describe('a script', () => {
  it.each([
    ['18.20.4', true],
    ['20.18.3', true],
    ['20.19.0', false],
    ['22.0.0', false],
  ])('with Node %s says that it is too old: %s', async (version, tooOld) => {
    const { output } = await node(`
      import { nodeVersionProblem } from ${library('check-node.mjs')};
      console.log(nodeVersionProblem('${version}') ?? 'fine');`);
    expect(output).toMatch(tooOld ? `Tidemark needs Node 20.19 or newer; this is ${version}` : /^fine/);
  });

  it('ends with the exit code of the program that it runs', async () => {
    const { code } = await node(`
      import { run } from ${library('run.mjs')};
      process.exitCode = await run(process.execPath, ['-e', 'process.exit(7)']);`);
    expect(code).toBe(7);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on, waits, and keeps the exit code', async (signal) => {
    const program = `process.on('${signal}', () => { console.log('ending'); process.exit(3); }); setInterval(() => {}, 1000); console.log('up');`;
    const { code, output } = await node(
      `
      import { run } from ${library('run.mjs')};
      process.exitCode = await run(process.execPath, ['-e', ${JSON.stringify(program)}], { stdio: ['ignore', 'inherit', 'inherit'] });`,
      signal,
    );
    expect(output).toMatch(/^up\nending\n/);
    expect(code).toBe(3);
  });

  it('tells a program that a signal ended as a shell does', async () => {
    const { code } = await node(`
      import { run } from ${library('run.mjs')};
      process.exitCode = await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']);`);
    expect(code).toBe(137);
  });

  it('turns an error into one line and exit code 1', async () => {
    const { code, output } = await node(`
      import { main } from ${library('set-up.mjs')};
      await main(() => { throw new Error('The registry is away.'); });`);
    expect({ code, output }).toEqual({ code: 1, output: 'The registry is away.\n' });
  });
});
