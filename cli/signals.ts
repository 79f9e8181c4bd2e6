import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a handler for Ctrl-C and its kin, which is told how often it came. */
export async function withSignals<T>(onSignal: (times: number) => void, work: () => Promise<T>): Promise<T> {
  let times = 0;
  const handle = () => {
    times += 1;
    onSignal(times);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  try {
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, handle);
  }
}

/** Longest time that a timer of Node takes. */
const LONG_MS = 2 ** 31 - 1;

/** Waits until the process is asked to end. */
export async function untilSignal(): Promise<void> {
  const asked = new AbortController();
  await withSignals(
    () => asked.abort(),
    async () => {
      // A timer, since a pending promise alone does not keep a process up.
      while (!asked.signal.aborted) await sleep(LONG_MS, undefined, { signal: asked.signal }).catch(() => undefined);
    },
  );
}

/** Whoever asks a second time does not want to wait for an orderly end. */
export function exitOnSecondSignal(exitCode: number): (times: number) => void {
  return (times) => {
    if (times > 1) process.exit(exitCode);
  };
}
