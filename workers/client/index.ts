export { connectTemporal, type TemporalClient } from './connect.js';
export { runLink, scheduleLink, type WebUiTarget } from './links.js';
export { announceLocalServer, localServerOf, type LocalServerNote } from './local-server.js';
export type { RunOutcome } from './outcome.js';
export { pipelineOf, startPipeline, type StartedRun } from './pipelines.js';
export { executeWorkflow, startWorkflow, type StartedWorkflow, type StartOptions } from './start.js';
export { temporalTarget, type TargetOptions, type TemporalTarget } from './target.js';
export {
  readWatermarks,
  resetWatermark,
  setWatermark,
  watermarkHistory,
  type PipelineWatermarks,
} from './watermarks.js';
export { watchRun, type RunProgress, type WatchOptions } from './watch.js';
export * from './schedules/index.js';
