import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Of this process: collects what is dead. The memory of dead buffers is free when it returns. */
export function collector(): () => void {
  // They would be freed on a thread of their own, later, and counted until then.
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
