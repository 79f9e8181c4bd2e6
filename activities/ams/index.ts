import type { AmsActivities } from '../../contracts/ams-activities.js';
import type { AmsDependencies } from './dependencies.js';
import { downloadActivities } from './download.js';
import { planActivities } from './plan-step.js';
import { AmsRuns } from './runs.js';
import { upsertActivities } from './upsert.js';

export type { AmsDependencies } from './dependencies.js';
export type { PlannedChange } from './plan.js';
export { planProfiles, type PlannedProfiles } from './plan-step.js';

/** All steps of the AMS workflows, made from the connections that they may use. */
export function createAmsActivities(dependencies: AmsDependencies): AmsActivities {
  const runs = new AmsRuns(dependencies);
  return {
    ...upsertActivities(dependencies, runs),
    ...planActivities(dependencies, runs),
    ...downloadActivities(dependencies),
  };
}
