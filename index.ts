/** `tidemark`: contracts, config, errors and client helpers, for programs that start workflows and read their results. */
export * from './contracts/titan-inputs.js';
export * from './contracts/titan-results.js';
export * from './contracts/titan-common.js';
export * from './contracts/postgres-inputs.js';
export * from './contracts/postgres-results.js';
export * from './contracts/postgres-table.js';
export * from './contracts/table-reference.js';
export * from './contracts/convention-key.js';
export * from './contracts/errors.js';
export * from './contracts/operations.js';
export * from './contracts/search-attributes.js';
export * from './contracts/config.js';
export * from './workers/config/index.js';
export * from './workers/client/index.js';
