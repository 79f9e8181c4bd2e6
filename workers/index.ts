/** `tidemark/plugins`: the plugins for your own worker, and a worker made from a `tidemark.yaml`. */
export { titanRdmPlugin, type TitanRdmPluginOptions } from './plugins/titan-rdm-plugin.js';
export { postgresPlugin, type PostgresPluginOptions } from './plugins/postgres-plugin.js';
export { operationsPlugin, type OperationsPluginOptions } from './plugins/operations-plugin.js';
export { SystemPlugin, WORKFLOWS_PATH } from './plugins/system-plugin.js';
export { createTidemarkWorker, type TidemarkWorker, type TidemarkWorkerOptions } from './worker.js';
export { closeConnections, openConnections, type Connections } from './connections.js';
export { createStore, type TableStore } from '../connectors/tables/index.js';
export {
  defineHook,
  defineSource,
  type DefinedHook,
  type DefinedSource,
  type SourceContext,
  type SourceFunction,
} from '../activities/index.js';
export type { PostgresDatabase, ResultsLocation, TitanRdmConnection } from '../activities/index.js';
export {
  findSearchAttributes,
  registerLine,
  registerSearchAttributes,
  type SearchAttributesFound,
} from './operations/search-attributes.js';
