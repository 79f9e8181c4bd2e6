export { applySchedules, planSchedules, projectOf, refuseForeign } from './apply.js';
export { definedSchedules, scheduleId, type ScheduleDefinition } from './definition.js';
export { diffSchedules, type Difference, type ScheduleChange } from './diff.js';
export { liveSchedules, type LiveSchedule } from './live.js';
export type { ScheduleFacts } from './facts.js';
export {
  backfillSchedule,
  dueTimes,
  MAX_BACKFILL,
  ownSchedule,
  pauseSchedule,
  resumeSchedule,
  type DueRange,
} from './operate.js';
export { pipelineStatus, type PipelineStatus, type RunStatus, type ScheduleStatus } from './status.js';
