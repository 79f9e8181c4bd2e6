import { configSchema } from '../../contracts/config.js';
import { applySchedules, planSchedules, type TemporalClient } from '../../workers/client/index.js';
import { fleetConfig, type FleetConfig } from './pipelines.js';

/** Makes the Schedules say these times, as `tidemark apply` does. Returns the seconds that it took. */
export async function applyFleet(
  temporal: TemporalClient,
  fleet: FleetConfig,
  dueOf: (index: number) => Date,
): Promise<number> {
  const began = performance.now();
  const config = configSchema.parse(fleetConfig(fleet, dueOf));
  await applySchedules(temporal, await planSchedules(temporal, config), fleet.project);
  return (performance.now() - began) / 1_000;
}

/** Long after every benchmark: a Schedule that is there and starts nothing. */
export function notYet(): Date {
  const date = new Date();
  date.setUTCFullYear(date.getUTCFullYear() + 1);
  return date;
}

export interface DueTimes {
  of: (index: number) => Date;
  first: Date;
  last: Date;
}

/**
 * When each of `count` pipelines is due: all at one full second, or spread evenly over some. `inSeconds` is how far away that is at least.
 */
export function dueTimes(count: number, inSeconds: number, overSeconds: number): DueTimes {
  const first = Math.ceil(Date.now() / 1_000 + inSeconds);
  const secondOf = (index: number): Date => new Date((first + Math.floor((index * overSeconds) / count)) * 1_000);
  return { of: secondOf, first: secondOf(0), last: secondOf(count - 1) };
}
