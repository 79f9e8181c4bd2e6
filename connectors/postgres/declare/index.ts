export { tableFromDrizzle } from './from-drizzle.js';
export { tableFromLive } from './from-live.js';
export { inferTable, type InferOptions } from './infer.js';
