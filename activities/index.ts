export { createTitanRdmActivities, type TitanRdmConnection, type TitanRdmDependencies } from './titanrdm/index.js';
export {
  createTidemarkActivities,
  ResultsFolder,
  type ResultsLocation,
  type TidemarkDependencies,
} from './tidemark/index.js';
