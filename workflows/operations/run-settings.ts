import { CancellationScope, patched, proxyActivities } from '@temporalio/workflow';
import type { OperationsActivities, RunSettings } from '../../contracts/operations.js';
import { SETTINGS } from '../policies.js';

export const NO_SETTINGS: RunSettings = { searchAttributes: [], reportsEnds: false };

/**
 * What this run may count on where it runs. A worker of an older release, or one whose plugins bring no such step, offers nothing, and
 * the run is the same without.
 */
export async function runSettings(): Promise<RunSettings> {
  // Runs that began before 0.2 never asked.
  if (!patched('tidemark-run-settings')) return NO_SETTINGS;
  try {
    // A run that is cancelled has to know, too, who wants to hear of it.
    return await CancellationScope.nonCancellable(() =>
      proxyActivities<OperationsActivities>(SETTINGS).tidemarkRunSettings(),
    );
  } catch {
    return NO_SETTINGS;
  }
}
