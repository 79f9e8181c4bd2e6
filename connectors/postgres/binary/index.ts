export { openDuckCopy, type DuckCopy } from './open-copy.js';
export { planBinary, type BinaryPlan } from './plan.js';
export { copyRows, type CopyRowsOptions } from './copy-rows.js';
export { copyText } from './copy-text.js';
export { describeQuery, type DuckColumn } from './duck-query.js';
