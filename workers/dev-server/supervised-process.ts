import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

const GRACE_MS = 5_000;
const OUTPUT_LINES = 40;

// A process between ours and the program's. It stands in a process group of its own, so that Ctrl-C in a terminal reaches
// us first and we can end things in order; and it notices our end by the closed channel even when we are killed outright,
// so that no server outlives its owner.
const SUPERVISOR = `
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const [settings, file, ...args] = process.argv.slice(1);
const { stopSignal, graceMs, removeWhenOrphaned, ...options } = JSON.parse(settings);
const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
let ending = false;
let orphaned = false;
const end = () => {
  if (ending) return;
  ending = true;
  child.kill(stopSignal);
  setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
};
child.on('spawn', () => process.send && process.send({ pid: child.pid }));
child.on('error', (error) => { console.error(error.message); process.exit(127); });
child.on('exit', (code) => {
  if (orphaned) for (const folder of removeWhenOrphaned) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  process.exit(code === null ? 1 : code);
});
process.on('disconnect', () => { orphaned = true; end(); });
process.on('SIGTERM', end);
process.on('SIGINT', end);
`;

export interface SupervisedOptions {
  onLine?: (line: string) => void;
  /** Ids of the user that it runs as; only root may say. */
  uid?: number;
  gid?: number;
  cwd?: string;
  /** Environment of the program, instead of ours. */
  env?: NodeJS.ProcessEnv;
  /** What asks it to end. Default: SIGTERM. */
  stopSignal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT';
  /** Time that it has to end by itself before it is killed. Default: five seconds. */
  graceMs?: number;
  /** Folders that go with it when its owner has ended without `stop()`. */
  removeWhenOrphaned?: readonly string[];
}

export interface SupervisedProcess {
  /** Process id of the program itself. */
  pid: number;
  /** Resolves when the program has ended, however it did. */
  ended: Promise<void>;
  hasEnded: () => boolean;
  /** The latest lines that it printed. */
  output: () => string;
  /** Ends it: asks first, kills when the grace is over. Safe to repeat. */
  stop: () => Promise<void>;
}

/** Starts a program that ends when we do, whatever ends us. It does not keep this process alive. */
export async function startSupervised(
  file: string,
  args: readonly string[],
  options: SupervisedOptions = {},
): Promise<SupervisedProcess> {
  const { onLine, ...given } = options;
  const settings = { stopSignal: 'SIGTERM', graceMs: GRACE_MS, removeWhenOrphaned: [], ...given };
  const supervisor = spawn(process.execPath, ['-e', SUPERVISOR, JSON.stringify(settings), file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    // Options of a test runner or debugger are not meant for the supervisor.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines: string[] = [];
  for (const stream of [supervisor.stdout, supervisor.stderr]) collectLines(stream, lines, onLine);
  let over = false;
  const ended = once(supervisor, 'close').then(() => {
    over = true;
  });
  const output = (): string => lines.join('\n');
  const pid = await Promise.race([programId(supervisor), ended.then(() => undefined)]);
  if (pid === undefined) throw new Error(`${file} could not be started: ${output()}`);
  release(supervisor);
  return {
    pid,
    ended,
    hasEnded: () => over,
    output,
    stop: async () => {
      if (!over) {
        // Nothing else may keep this process alive until it has ended.
        supervisor.ref();
        supervisor.kill('SIGTERM');
      }
      await ended;
    },
  };
}

async function programId(supervisor: ChildProcess): Promise<number> {
  const [message] = (await once(supervisor, 'message')) as [{ pid: number }];
  return message.pid;
}

function collectLines(stream: Readable | null, lines: string[], onLine?: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      if (lines.length > OUTPUT_LINES) lines.shift();
      onLine?.(line);
    }
  });
}

/** Lets this process end while the program runs: the supervisor then ends it. */
function release(supervisor: ChildProcess): void {
  supervisor.unref();
  supervisor.channel?.unref();
  for (const stream of [supervisor.stdout, supervisor.stderr]) {
    // Pipes of a child are sockets, which the type does not say.
    if (stream instanceof Socket) stream.unref();
  }
}
