/**
 * `tidemark/testing`: local servers with the wire protocols that Tidemark speaks, for anyone's tests.
 */
export * from './sandbox/titanrdm/index.js';
export { startDevServer, type DevServer, type StartDevServerOptions } from './workers/dev-server/index.js';
