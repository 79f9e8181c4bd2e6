export { PostgresStore, type PostgresStoreOptions } from './postgres-store.js';
export { postgresType } from './column-types.js';
