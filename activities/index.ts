export { createTitanRdmActivities, type TitanRdmConnection, type TitanRdmDependencies } from './titanrdm/index.js';
export {
  createTidemarkActivities,
  ResultsFolder,
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
} from './postgres/index.js';
export { createOperationsActivities, type OperationsDependencies } from './operations/index.js';
