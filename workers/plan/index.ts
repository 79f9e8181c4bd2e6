export { isTitanPipeline, planTitan } from './plan-titan.js';
export type { PlannedDownload, PlannedUpload, PlanOptions, TitanPipeline, TitanPlan } from './titan-plan.js';
