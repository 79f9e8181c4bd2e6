import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
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
  /** Resolves when what it has printed is as wanted; rejects when the process ends before. */
  until: (isWanted: (printed: string) => boolean) => Promise<void>;
  ended: Promise<CliResult>;
}

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  return running(
    spawn(process.execPath, [MAIN, ...args], { ...placeOf(options), stdio: ['ignore', 'pipe', 'pipe'] }),
    args,
  );
}

/** A running `tidemark worker` with the workflows of the test run: to bundle them once more takes seconds, which few tests are about. */
export function startCliWorker(options: CliOptions = {}): RunningCli {
  return startCli(['worker', '--bundle', path.resolve(process.env['TIDEMARK_TEST_BUNDLE'] ?? '')], options);
}

/** A running `tidemark` with a terminal of its own: whoever types there is a person to it. What it prints is all in `stdout`. */
export interface CliOnTerminal extends RunningCli {
  type: (keys: string) => void;
}

/** Key presses that are no text. */
export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';

/** For `*.terminal.test.ts`: needs util-linux's `script`. */
export function startOnTerminal(args: readonly string[], options: CliOptions = {}): CliOnTerminal {
  const command = [process.execPath, MAIN, ...args]
    .map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
    .join(' ');
  // Without a size, it would show what moves as lines.
  const sized = `stty cols 120 rows 40; exec ${command}`;
  // The exit code is the command's, what it prints comes at once, and is kept in no file.
  const child = spawn('script', ['--return', '--flush', '--quiet', '--command', sized, '/dev/null'], {
    ...placeOf(options),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return { ...running(child, args), type: (keys) => void child.stdin.write(keys) };
}

function placeOf({ cwd, env }: CliOptions) {
  // Options of jest's own Node are not the command's.
  return { cwd, env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: undefined, ...env } };
}

type Printing = ChildProcess & { stdout: Readable; stderr: Readable };

function running(child: Printing, args: readonly string[]): RunningCli {
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
  const until = async (isWanted: (text: string) => boolean): Promise<void> => {
    const isThere = (): boolean => isWanted(`${printed.stdout}${printed.stderr}`);
    while (!isThere()) {
      const over = await Promise.race([once(child, 'printed').then(() => false), ended.then(() => true)]);
      if (over && !isThere())
        throw new Error(`tidemark ended without what was waited for:\n${printed.stdout}${printed.stderr}`);
    }
  };
  const find = (pattern: RegExp) => `${printed.stdout}${printed.stderr}`.split('\n').find((text) => pattern.test(text));
  const line = async (pattern: RegExp): Promise<string> => {
    await until(() => find(pattern) !== undefined);
    return find(pattern) ?? '';
  };
  return { child, printed, line, until, ended };
}

/** Runs one command to its end. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}
