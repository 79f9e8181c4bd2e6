import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { noteLogLine } from './known-secrets.js';

const MAIN = path.resolve('dist/cli/main.js');

export interface CliOptions {
  cwd?: string;
  /** Added to the environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running `tidemark`, the built one. */
export interface RunningCli {
  child: ChildProcess;
  /** What it has printed so far. */
  printed: { stdout: string; stderr: string };
  /** Resolves with the first line of either stream that matches; rejects when the process ends without one. */
  line: (pattern: RegExp) => Promise<string>;
  ended: Promise<CliResult>;
}

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  // Options of jest's own Node are not the command's.
  const env = { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: undefined, ...options.env };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      child.emit('printed');
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    // All of it is searched for secrets, but for the one line of `dev` and `sandbox` whose purpose is to tell the sandbox's.
    const tellsAccess = (text: string): boolean =>
      /^(dev|sandbox)$/u.test(args[0] ?? '') && /^\{"(temporal|titanrdm)":/u.test(text);
    for (const text of `${printed.stdout}\n${printed.stderr}`.split('\n')) if (!tellsAccess(text)) noteLogLine(text);
    return { code: code as number | null, ...printed }; // of child processes
  });
  const find = (pattern: RegExp) => `${printed.stdout}${printed.stderr}`.split('\n').find((text) => pattern.test(text));
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = find(pattern);
      if (found !== undefined) return found;
      const over = await Promise.race([once(child, 'printed').then(() => false), ended.then(() => true)]);
      if (over && find(pattern) === undefined) {
        throw new Error(`tidemark ended without ${String(pattern)}:\n${printed.stdout}${printed.stderr}`);
      }
    }
  };
  return { child, printed, line, ended };
}

/** Runs one command to its end. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}
