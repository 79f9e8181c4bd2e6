export { createTitanRdmActivities, type TitanRdmConnection, type TitanRdmDependencies } from './titanrdm/index.js';
export {
  createTidemarkActivities,
  ResultsFolder,
  ResultsS3,
  type ResultsLocation,
  type TidemarkDependencies,
} from './tidemark/index.js';
export {
  createPostgresActivities,
  defineHook,
  defineSource,
  type DefinedHook,
  type DefinedSource,
  type PostgresDatabase,
  type PostgresDependencies,
  type SourceContext,
  type SourceFunction,
  type SourceHabits,
} from './postgres/index.js';
export { createWatermarkActivities, type VisitQueue } from './watermark/index.js';
export {
  createAmsActivities,
  planProfiles,
  type AmsDependencies,
  type PlannedChange,
  type PlannedProfiles,
} from './ams/index.js';
export { createOperationsActivities, type OperationsDependencies } from './operations/index.js';
