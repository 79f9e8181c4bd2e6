export {
  compareForPlan,
  compareForUpload,
  countDifference,
  type CompareOptions,
  type HeldTable,
  type SampledChange,
  type UploadDelta,
} from './compare-upload.js';
export { allowedDeletes, refuseManyDeletes } from './max-deletes.js';
