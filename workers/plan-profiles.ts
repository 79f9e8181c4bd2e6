import { planProfiles, ResultsFolder } from '../activities/index.js';
import type { AmsUpsertOptions } from '../contracts/ams-inputs.js';
import type { TidemarkConfig } from '../contracts/config.js';
import type { Connections } from './connections.js';

/** What a run of the pipeline would change, by the profiles as they are: the table is checked as a run does, and nothing is sent. */
export function planProfilesOf(
  pipeline: string,
  options: AmsUpsertOptions,
  { config, connections: { ams, stores } }: { config: Pick<TidemarkConfig, 'results'>; connections: Connections },
  signal: AbortSignal = new AbortController().signal,
): ReturnType<typeof planProfiles> {
  // Rows that cannot be sent are listed there, as a run would do.
  const results = new ResultsFolder(config.results.folder);
  const run = { workflowId: `plan/${pipeline}`, runId: 'latest' };
  return planProfiles({ ams, stores, results }, { options, run }, signal);
}
