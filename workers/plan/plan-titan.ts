import { planDownloads } from './plan-downloads.js';
import { planUploads } from './plan-uploads.js';
import type { PipelineConfig } from '../../contracts/config.js';
import type { PlanOptions, TitanPipeline, TitanPlan } from './titan-plan.js';

export function isTitanPipeline(pipeline: PipelineConfig): pipeline is TitanPipeline {
  return pipeline.workflow.startsWith('titan');
}

/**
 * What a run of the pipeline would do, table by table, changing nothing: no import is created. Comparing needs a full export of each table that
 * would be sent; of downloads only the number of rows is asked for. Errors of one table are told of with it; those of the whole are thrown.
 */
export function planTitan(pipeline: TitanPipeline, options: PlanOptions): Promise<TitanPlan> {
  const downloads =
    pipeline.workflow === 'titanConventionDownload' ||
    (pipeline.workflow === 'titanSyncDomains' && pipeline.input.direction === 'download');
  return downloads ? planDownloads(pipeline, options) : planUploads(pipeline, options);
}
