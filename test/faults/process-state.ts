import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Whether the system says that a process stands still (SIGSTOP); asked a few times, since the signal needs a moment. */
export async function isStopped(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if ((await stateOf(pid)).startsWith('T')) return true;
    await sleep(20);
  }
  return false;
}

/** The letter that `ps` shows. */
async function stateOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    // The program's name stands in brackets before it and may hold anything.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 1).trim();
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.trim();
}
