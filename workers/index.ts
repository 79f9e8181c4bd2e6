/** `tidemark/plugins`: the plugins for your own worker, and a worker made from a `tidemark.yaml`. */
export { titanRdmPlugin, type TitanRdmPluginOptions } from './plugins/titan-rdm-plugin.js';
export { postgresPlugin, type PostgresPluginOptions } from './plugins/postgres-plugin.js';
export { watermarkPlugin, type WatermarkPluginOptions } from './plugins/watermark-plugin.js';
export { nexusPlugin } from './plugins/nexus-plugin.js';
export { amsPlugin, type AmsPluginOptions } from './plugins/ams-plugin.js';
export { operationsPlugin, type OperationsPluginOptions } from './plugins/operations-plugin.js';
export { SystemPlugin, WORKFLOWS_PATH } from './plugins/system-plugin.js';
export { settleProcess, tuneProcess } from './tune-process.js';
export { createTidemarkWorker, type TidemarkWorker, type TidemarkWorkerOptions } from './worker.js';
export { usableBundle, writeWorkflowBundle } from './workflow-bundle.js';
export { openPayloadStorage, FolderStorageDriver } from './payload-storage/index.js';
export { resultsLocation } from './results-location.js';
export { closeConnections, openConnections, type Connections } from './connections.js';
export { planProfilesOf } from './plan-profiles.js';
export { createStore, type TableStore } from '../connectors/tables/index.js';
export {
  defineHook,
  defineSource,
  type DefinedHook,
  type DefinedSource,
  type SourceContext,
  type SourceFunction,
  type SourceHabits,
} from '../activities/index.js';
export type { PostgresDatabase, ResultsLocation, TitanRdmConnection } from '../activities/index.js';
export {
  findSearchAttributes,
  registerLine,
  registerSearchAttributes,
  typedSearchAttributes,
  type SearchAttributesFound,
} from './operations/search-attributes.js';
export {
  encryptedClientConverter,
  encryptedDataConverter,
  EncryptionCodec,
  FAILURE_CONVERTER_PATH,
  KeyRing,
} from './encryption/index.js';
export {
  startCodecServer,
  type CodecLogEntry,
  type CodecServer,
  type CodecServerOptions,
} from './codec-server/index.js';
export { prometheusMetrics } from './operations/metrics.js';
export { startWatches } from './operations/start-watches.js';
export { startTracing, type Tracing, type TracingOptions } from './operations/tracing.js';
