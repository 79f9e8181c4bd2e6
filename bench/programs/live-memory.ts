import { setImmediate } from 'node:timers/promises';
import { BroadcastChannel, isMainThread, type Worker } from 'node:worker_threads';

// What is live in a process of many threads. `process.memoryUsage()` and `gc()` speak of their own thread alone, and Temporal's worker runs
// workflows in threads that it makes itself: so this module is loaded into each thread (`--import`), where it waits to be asked.

const CHANNEL = 'tidemark-bench-live-memory';

/** Options of Node for a program that is asked for its live memory. */
export const LIVE_MEMORY_OPTIONS: readonly string[] = ['--expose-gc', '--import', import.meta.url];

/**
 * Memory that a collection leaves, of all threads of this process, in MB (10^6 bytes): JavaScript's heaps and what they hold outside of
 * them. Not in it: the memory of native code, such as the core of Temporal's SDK.
 */
export async function liveMegabytes(): Promise<number> {
  const bytes = [await liveBytes(), ...(await othersLiveBytes())];
  return bytes.reduce((sum, each) => sum + each, 0) / 1e6;
}

async function liveBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Node was not started with --expose-gc.');
  // What the first collection has finalised is freed by the second.
  globalThis.gc();
  await setImmediate();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  // Array buffers are among what is external.
  return heapUsed + external;
}

/** The threads that run now; one that ends meanwhile would not answer, and none does while a program is asked. */
const threads = new Set<Worker>();

function othersLiveBytes(): Promise<number[]> {
  const expected = threads.size;
  if (expected === 0) return Promise.resolve([]);
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise<number[]>((resolve) => {
    const answers: number[] = [];
    channel.onmessage = ({ data }) => {
      if (typeof data !== 'number') return;
      answers.push(data);
      if (answers.length === expected) resolve(answers);
    };
    channel.postMessage('how much is live?');
  }).finally(() => channel.close());
}

if (isMainThread) {
  process.on('worker', (thread: Worker) => {
    threads.add(thread);
    thread.once('exit', () => threads.delete(thread));
  });
} else {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (typeof data === 'string') void liveBytes().then((bytes) => channel.postMessage(bytes));
  };
  // It keeps no thread from ending.
  channel.unref();
}
