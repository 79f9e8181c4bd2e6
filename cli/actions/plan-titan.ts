import type { TidemarkConfig } from '../../contracts/config.js';
import type { Connections } from '../../workers/index.js';
import { planTitan, type TitanPipeline } from '../../workers/plan/index.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { planLines } from '../render/plan.js';
import { withSignals } from '../signals.js';

/** The plan of a pipeline that moves tables into TitanRDM or out of it. Returns the exit code. */
export async function printTitanPlan(
  name: string,
  pipeline: TitanPipeline,
  { config, connections, json }: { config: Pick<TidemarkConfig, 'results'>; connections: Connections; json: boolean },
): Promise<number> {
  const stop = new AbortController();
  const asked = { name, connections, results: config.results.folder, signal: stop.signal };
  // Temporary files are removed, whoever ends it.
  const plan = await withSignals(
    () => stop.abort(new Error('interrupted')),
    () => planTitan(pipeline, asked),
  );
  if (json) printJson({ pipeline: name, workflow: pipeline.workflow, ...plan });
  else print(planLines(plan).join('\n'));
  const isBlocked = [...plan.uploads, ...plan.downloads].some(({ error }) => error !== undefined);
  return isBlocked ? EXIT.failed : EXIT.ok;
}
