import { pipelineInput, type PipelineConfig, type TidemarkClientConfig } from '../contracts/config.js';
import { pipelineOf } from '../workers/client/index.js';

/** The name under which a pipeline's watermarks are held: its own, unless its input says another one. Error `UNKNOWN_PIPELINE`. */
export function holderOf(
  config: Pick<TidemarkClientConfig, 'pipelines'>,
  name: string,
): { pipeline: PipelineConfig; holder: string } {
  const pipeline = pipelineOf(config, name);
  const input = pipelineInput(name, pipeline);
  return { pipeline, holder: 'pipeline' in input && typeof input.pipeline === 'string' ? input.pipeline : name };
}
