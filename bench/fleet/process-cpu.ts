import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts them for everybody in hundredths of a second. */
const TICKS_PER_SECOND = 100;

interface Counted {
  parent: number;
  /** Its own. */
  ticks: number;
  /** Of its children that have ended. */
  ofEnded: number;
}

/** Seconds of CPU of a process, of those that it has started, and so on, ended ones included. Undefined where there is no /proc. */
export function cpuSecondsOf(pid: number): number | undefined {
  const all = new Map<number, Counted>();
  for (const each of numbersIn('/proc')) {
    const counted = read(each);
    if (counted !== undefined) all.set(each, counted);
  }
  const root = all.get(pid);
  if (root === undefined) return undefined;
  const ticksOf = (id: number, { ticks, ofEnded }: Counted): number => {
    let sum = ticks + ofEnded;
    for (const [child, counted] of all) if (counted.parent === id) sum += ticksOf(child, counted);
    return sum;
  };
  return ticksOf(pid, root) / TICKS_PER_SECOND;
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .map(Number)
      .filter((number) => Number.isInteger(number));
  } catch {
    // No /proc on this system.
    return [];
  }
}

function read(pid: number): Counted | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold blanks; the fields after it are state, parent, ..., and from the 12th on the times.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), ticks: user + system, ofEnded: endedUser + endedSystem };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** Milliseconds of all processors since the system started: those that were busy, and all. */
export function machineTimes(): { busy: number; all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}
