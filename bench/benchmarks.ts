import type { Benchmark } from './benchmark.js';
import { domainBenchmark } from './cases/domain.js';
import { downloadBenchmark } from './cases/download.js';
import { fleetBenchmark } from './cases/fleet.js';
import { ingestBenchmark } from './cases/ingest.js';
import { profilesBenchmark } from './cases/profiles.js';
import { uploadBenchmark } from './cases/upload.js';

/** Every benchmark: what `--list` prints and CI runs. */
export const benchmarks: readonly Benchmark[] = [
  uploadBenchmark,
  downloadBenchmark,
  domainBenchmark,
  ingestBenchmark,
  profilesBenchmark,
  fleetBenchmark,
];
