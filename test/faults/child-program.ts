import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const START_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 15_000;

const readySchema = z.object({ ready: z.record(z.string(), z.unknown()) });

/** How a program ended: the proof that a kill was one. */
export interface Ending {
  pid: number;
  code: number | null;
  signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();
// Whatever ends the campaign: none of its programs outlives it, frozen ones neither.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program of the campaign in a process of its own, so that SIGKILL and SIGSTOP are real. */
export class ChildProgram {
  private readonly ended: Promise<Ending>;

  private constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    /** What it sent when it was ready. */
    readonly ready: Record<string, unknown>,
    private readonly name: string,
  ) {
    this.ended = once(child, 'close').then(() => ({ pid, code: child.exitCode, signal: child.signalCode }));
  }

  /**
   * Starts a JavaScript file and waits for its message `{ready: {...}}`. The file's program ends when its channel to us closes.
   * `log` takes every line that it prints.
   */
  static async start(
    name: string,
    file: string,
    options: { args?: string[]; env?: NodeJS.ProcessEnv; log: (line: string) => void },
  ): Promise<ChildProgram> {
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Options of a test runner or debugger are not meant for it.
      env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    const last: string[] = [];
    const take = (line: string): void => {
      last.push(line);
      if (last.length > 20) last.shift();
      options.log(line);
    };
    for (const stream of [child.stdout, child.stderr]) takeLines(stream, take);
    const ready = await messageOf(child);
    if (ready === undefined || child.pid === undefined) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not become ready:\n${last.join('\n')}`);
    }
    return new ChildProgram(child, child.pid, ready, name);
  }

  hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** SIGKILL: no handler runs, nothing is flushed or closed. */
  async kill(): Promise<Ending> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** SIGSTOP: it neither answers nor ends, and its connections stay open. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** Asks it to end, and insists when it does not. */
  async stop(): Promise<Ending> {
    if (!this.hasEnded()) {
      this.child.kill('SIGCONT');
      this.child.kill('SIGTERM');
    }
    const late = new AbortController();
    const insist = sleep(END_TIMEOUT_MS, undefined, { signal: late.signal }).then(
      () => this.child.kill('SIGKILL'),
      () => undefined, // it has ended in time
    );
    const ending = await this.ended;
    late.abort();
    await insist;
    if (ending.signal === 'SIGKILL') throw new Error(`${this.name} did not end within ${END_TIMEOUT_MS} ms`);
    return ending;
  }
}

function takeLines(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', take);
}

async function messageOf(child: ChildProcess): Promise<Record<string, unknown> | undefined> {
  const giveUp = new AbortController();
  child.once('close', () => giveUp.abort());
  const timer = setTimeout(() => giveUp.abort(), START_TIMEOUT_MS);
  try {
    const [message] = (await once(child, 'message', { signal: giveUp.signal })) as [unknown];
    return readySchema.parse(message).ready;
  } catch (error) {
    if (giveUp.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
