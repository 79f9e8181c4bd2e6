import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * What V8 is told, and why. Its own choice looks for dead objects in small steps beside the work, which is for pages that must not stutter; a
 * worker has little that lives, and much that passes through. `--optimize-for-size`, by which the heap grows by little before it is looked
 * through, is not among them: it saves a tenth of a worker's memory, and has V8 look through the heap while rows are made
 * (docs/benchmarks.md).
 */
const FLAGS = [
  // Dead buffers are freed at once. Freed later, on another thread, they are counted until then, and each 64 MB counted sets off a
  // collection of the whole heap: some twenty of them while a table of 300 MB is received, more than a quarter of the time that this takes.
  '--no-concurrent-array-buffer-sweeping',
  // The whole heap is looked through in one go: some 50 MB live in a worker.
  '--no-incremental-marking',
  // Megabytes, for threads that are still to come: those that run workflows, which make little that dies young. This thread's is made with
  // the process.
  '--max-semi-space-size=4',
];

/**
 * Sets up the memory of this process for moving tables; for a process that is a worker and little else, as early as can be, and before it
 * has threads.
 */
export function tuneProcess(): void {
  // V8 may be looking through the heap on other threads just now, and to be told meanwhile that it does no such thing can end the process
  // (`Check failed: marking_state_.GreyToBlack(object)`). After a collection it is not.
  collect();
  for (const flag of FLAGS) setFlagsFromString(flag);
}

/**
 * Collects, once, what loading and starting have left behind, which the first table would come on top of. To be called when the worker has
 * been made, before it runs.
 */
export function settleProcess(): void {
  collect();
}

function collect(): void {
  // A process that was started with it keeps it, for the threads that are still to come too.
  const exposed = globalThis.gc;
  if (exposed !== undefined) {
    exposed();
    return;
  }
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  gc();
}
