import { cpus, loadavg, totalmem } from 'node:os';
import type { Report } from './report.js';

/** What the figures were measured on. */
export function machine(loadBefore: number): Report['machine'] {
  return {
    cpus: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGigabytes: totalmem() / 1e9,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    loadBefore,
    loadAfter: load(),
  };
}

/** One-minute load. */
export function load(): number {
  return loadavg()[0] ?? 0;
}
