import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** Time that a program has to end by itself before it is killed. */
const GRACE_MS = 5_000;
const OUTPUT_LINES = 40;

// A process between ours and the program's. It stands in a process group of its own, so that Ctrl-C in a terminal reaches
// us first and we can end things in order; and it notices our end by the closed channel even when we are killed outright,
// so that no server outlives its owner.
const SUPERVISOR = `
const { spawn } = require('node:child_process');
const [file, ...args] = process.argv.slice(1);
const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), ${GRACE_MS}).unref();
};
child.on('spawn', () => process.send && process.send({ pid: child.pid }));
child.on('error', (error) => { console.error(error.message); process.exit(127); });
child.on('exit', (code) => process.exit(code === null ? 1 : code));
process.on('disconnect', end);
process.on('SIGTERM', end);
process.on('SIGINT', end);
`;

export interface SupervisedProcess {
  /** Process id of the program itself. */
  pid: number;
  /** Resolves when the program has ended, however it did. */
  ended: Promise<void>;
  hasEnded: () => boolean;
  /** The latest lines that it printed. */
  output: () => string;
  /** Ends it: asks first, kills after five seconds. Safe to repeat. */
  stop: () => Promise<void>;
}

/** Starts a program that ends when we do, whatever ends us. It does not keep this process alive. */
export async function startSupervised(
  file: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<SupervisedProcess> {
  const supervisor = spawn(process.execPath, ['-e', SUPERVISOR, file, ...args], {
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
