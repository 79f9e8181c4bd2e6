import { pipelineInput, type PipelineConfig, type TidemarkClientConfig } from '../contracts/config.js';
import { pipelineOf } from '../workers/client/index.js';

/** Whether its runs go by high watermarks that the pipeline keeps. */
export function keepsMarks({ workflow, input }: PipelineConfig): boolean {
  if (workflow === 'postgresIngest') return true;
  if ('incremental' in input && input.incremental !== undefined) return true;
  const isDownload = workflow === 'titanConventionDownload' || workflow === 'titanSyncDomains';
  return (
    isDownload &&
    !('direction' in input && input.direction === 'upload') &&
    'pattern' in input &&
    input.pattern === 'incremental' &&
    !('highWaterMark' in input && input.highWaterMark !== undefined)
  );
}

/** The name under which a pipeline's watermarks are held: its own, unless its input says another one. Error `UNKNOWN_PIPELINE`. */
export function holderOf(
  config: Pick<TidemarkClientConfig, 'pipelines'>,
  name: string,
): { pipeline: PipelineConfig; holder: string } {
  const pipeline = pipelineOf(config, name);
  const input = pipelineInput(name, pipeline);
  return { pipeline, holder: 'pipeline' in input && typeof input.pipeline === 'string' ? input.pipeline : name };
}
