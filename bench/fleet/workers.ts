import { LIVE_MEMORY_OPTIONS } from '../programs/live-memory.js';
import type { WorkerPlace } from '../programs/bench-worker.js';
import type { FleetWorkerProgram } from '../programs/fleet-worker.js';
import { startProgram } from '../programs/program.js';
import { fleetConfig, type FleetConfig } from './pipelines.js';

/** Worker processes on one task queue. */
export interface FleetWorkers {
  /** Rejects when one of them dies. */
  failed: Promise<never>;
  /** The largest of them. */
  peakRssMegabytes: () => Promise<number>;
  liveMegabytes: () => Promise<number>;
  /** Of all together. */
  cpuSeconds: () => Promise<number>;
  stop: () => Promise<void>;
}

export async function startWorkers(
  count: number,
  { place, fleet, nodeOptions }: { place: WorkerPlace; fleet: FleetConfig; nodeOptions: readonly string[] },
): Promise<FleetWorkers> {
  const module = new URL('../programs/fleet-worker.js', import.meta.url);
  const programs = Array.from({ length: count }, () =>
    startProgram<FleetWorkerProgram>(module, [...LIVE_MEMORY_OPTIONS, ...nodeOptions]),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
  };
  const config = fleetConfig(fleet, () => new Date());
  const ask = (name: 'peakRssMegabytes' | 'liveMegabytes' | 'cpuSeconds'): Promise<number[]> =>
    Promise.all(programs.map((program) => program.call(name, undefined)));
  try {
    await Promise.all(programs.map((program) => program.call('start', { ...place, config })));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    failed: Promise.race(programs.map(({ failed }) => failed)),
    peakRssMegabytes: async () => Math.max(...(await ask('peakRssMegabytes'))),
    liveMegabytes: async () => Math.max(...(await ask('liveMegabytes'))),
    cpuSeconds: async () => (await ask('cpuSeconds')).reduce((sum, each) => sum + each, 0),
    stop,
  };
}
