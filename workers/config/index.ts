export * from './load.js';
export type { PostgresAccess, SandboxAccess, StartEmbedded, StartEmbeddedPostgres, StartSandbox } from './embedded.js';
export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './errors.js';
export { starterConfig, type StarterOptions } from './starter-config.js';
