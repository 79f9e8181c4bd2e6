export * from './load.js';
export { titanRdmClientOptions } from './titanrdm-options.js';
export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './errors.js';
