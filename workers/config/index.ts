export * from './load.js';
export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './errors.js';
