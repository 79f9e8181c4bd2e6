/**
 * `tidemark/testing`: local servers with the wire protocols that Tidemark speaks, for anyone's tests.
 */
export * from './sandbox/titanrdm/index.js';
export * from './sandbox/ams/index.js';
export {
  startDevServer,
  startPostgres,
  type DevServer,
  type PostgresServer,
  type StartDevServerOptions,
  type StartPostgresOptions,
} from './workers/dev-server/index.js';
