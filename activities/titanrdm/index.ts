import type { TitanRdmActivities } from '../../contracts/activities.js';
import { batchActivities } from './batch.js';
import { compareActivities } from './compare.js';
import type { TitanRdmDependencies } from './dependencies.js';
import { discoverActivities } from './discover.js';
import { exportActivities } from './exports.js';
import { sendActivities } from './send.js';

export type { TitanRdmConnection, TitanRdmDependencies } from './dependencies.js';

/** All steps of the TitanRDM workflows, made from the connections that they may use. */
export function createTitanRdmActivities(dependencies: TitanRdmDependencies): TitanRdmActivities {
  return {
    ...discoverActivities(dependencies),
    ...compareActivities(dependencies),
    ...batchActivities(dependencies),
    ...sendActivities(dependencies),
    ...exportActivities(dependencies),
  };
}
