import { configSchema } from '../../contracts/config.js';
import { startPipeline } from '../../workers/client/index.js';
import { inLanes } from './in-lanes.js';
import { fleetConfig } from './pipelines.js';
import { notYet } from './schedules.js';
import type { FleetSurroundings } from './surroundings.js';
import type { FleetWorkers } from './workers.js';

const LANES = 32;

/**
 * Runs every pipeline once, as `tidemark run` does, in nobody's time: tables and watermark workflows are there then, code is compiled,
 * and the long-lived workflows are spread over the workers.
 */
export async function warmUp({ fleet, temporal }: FleetSurroundings, workers: FleetWorkers): Promise<void> {
  const config = configSchema.parse(fleetConfig(fleet, notYet));
  const all = inLanes(fleet.pipelines, LANES, async ({ name }) => {
    const { handle } = await startPipeline(temporal, config, name);
    await handle.result();
  });
  await Promise.race([all, workers.failed]);
}
