import { readFileSync } from 'node:fs';

/**
 * Largest resident memory of this process so far, in MB (10^6 bytes). Linux's own mark where there is one: `maxRSS` also counts what
 * the parent had when it forked.
 */
export function peakRssMegabytes(): number {
  return peakBytes() / 1e6;
}

function peakBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1_024;
  } catch {
    // No /proc on this system.
  }
  return process.resourceUsage().maxRSS * 1_024;
}
