export { TitanRdmClient } from './client.js';
export type { CallOptions, TitanRdm } from './port.js';
export type { CallLogEntry as TitanLogEntry } from '../http/call-log.js';
export { type TitanRdmClientOptions, titanRdmClientOptionsSchema, type TitanRdmSettings } from './options.js';
export type { ErrorCodeEntry } from '../http/coded-error.js';
export { type TitanErrorCode, titanErrorCodes } from './error-codes.js';
export {
  type Branch,
  type Column,
  type DeployedTable,
  type Domain,
  type Export,
  exportState,
  type Import,
  type ImportMapping,
  type ImportResult,
  type ImportTable,
} from './schema.js';
export { meaningOf, type StatusMeaning } from './import-status.js';
export { latestMark, markMicroseconds, normaliseMark } from './mark.js';
export { nearNames, nearNamesText } from '../common/near-names.js';
export { redactPatterns } from '../http/redact.js';
export {
  compareForPlan,
  compareForUpload,
  type CompareOptions,
  type HeldTable,
  type SampledChange,
  type UploadDelta,
} from './compare/index.js';
export { prepareUpload, type PreparedUpload, type PrepareUploadOptions, type UploadPart } from './prepare-upload.js';
