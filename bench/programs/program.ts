import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a program can be asked to do, by name. Inputs and results travel as messages between processes. */
type Handlers = Record<string, (input: never) => unknown>;

/** A running program of a benchmark: a process of its own, so that its memory is its own and nobody waits for its CPU. */
export interface Program<H extends Handlers> {
  call<N extends keyof H & string>(name: N, input: Parameters<H[N]>[0]): Promise<Awaited<ReturnType<H[N]>>>;
  /** Rejects when the program ends without having been asked to. */
  readonly failed: Promise<never>;
  /** Asks it to end (its handler `stop`) and waits until it has. */
  stop(): Promise<void>;
}

interface Question {
  id: number;
  name: string;
  input: unknown;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/**
 * Starts the program that `module` (a URL of compiled JavaScript) is. What it prints goes to our standard error, since our
 * standard output is the result. `env` is added to our own environment.
 */
export function startProgram<H extends Handlers>(
  module: URL,
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Program<H> {
  const child = fork(fileURLToPath(module), [], {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 2, 2, 'ipc'],
    env: { ...process.env, ...env },
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  let asked = false;
  let fail: (reason: Error) => void;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  // Who waits for nothing else need not wait for this.
  failed.catch(() => undefined);
  child.on('message', (message) => {
    // `serve` below is the only sender.
    const { id, result, error } = message as Answer;
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waiter?.resolve(result);
    else waiter?.reject(new Error(error));
  });
  child.once('exit', (code, signal) => {
    const reason = new Error(`${fileURLToPath(module)} has ended (${signal ?? code ?? 'unknown'})`);
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
    if (!asked) fail(reason);
  });
  const ask = (name: string, input: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      child.send({ id: last, name, input } satisfies Question, (error) => {
        if (error !== null) reject(error);
      });
    });
  return {
    // The names and types are those of the handlers that the module serves: the type parameter says which.
    call: (name, input) => ask(name, input) as ReturnType<Program<H>['call']>,
    failed,
    stop: () => {
      asked = true;
      return stop(child, ask);
    },
  };
}

async function stop(child: ChildProcess, ask: (name: string, input: unknown) => Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  await ask('stop', undefined).catch(() => {
    // It ended before it could answer: that is what was wanted.
  });
  if (child.connected) child.disconnect();
  await ended;
}

/** A worker whose server went with its owner tries for some seconds to tell it that it ends. */
const ORPHAN_PATIENCE_MS = 10_000;

/** The program's side: answers questions until its `stop` has been asked or its owner is gone; then it ends. */
export function serve(handlers: Handlers & { stop: () => Promise<void> }): void {
  let stopping: Promise<void> | undefined;
  const answer = async ({ name, input }: Question): Promise<unknown> => {
    if (name === 'stop') return (stopping ??= handlers.stop());
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`no handler ${name}`);
    // The sender's type parameter holds the input to the handler's type.
    return handler(input as never);
  };
  process.on('message', (message) => {
    // `startProgram` above is the only sender.
    const question = message as Question;
    answer(question).then(
      (result) => process.send?.({ id: question.id, result } satisfies Answer),
      (error: unknown) =>
        process.send?.({
          id: question.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
  // Ctrl-C reaches us too: the owner decides in which order its programs end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => {
    const end = (): never => process.exit();
    (stopping ??= handlers.stop()).then(end, end);
    // Its owner is gone: nobody else would end one that waits for ever.
    setTimeout(end, ORPHAN_PATIENCE_MS);
  });
}
