import type { Client } from '@temporalio/client';
import { staleAfterSeconds } from '../../contracts/config-notifications.js';
import { WATCH_CONFIGURED, watchWorkflowId } from '../../contracts/operations.js';

interface Watched {
  notifications: readonly unknown[];
  pipelines: Readonly<Record<string, { staleAfter?: string | undefined }>>;
}

/**
 * Makes sure that each pipeline whose high watermark may not stand still is watched, also before its first run: a schedule that never
 * fires is noticed too. Safe to repeat; each worker does it when it starts.
 */
export async function startWatches(client: Client, config: Watched, taskQueue: string): Promise<void> {
  if (config.notifications.length === 0) return;
  for (const [pipeline, { staleAfter }] of Object.entries(config.pipelines)) {
    if (staleAfter === undefined) continue;
    await client.workflow.signalWithStart('tidemarkWatch', {
      workflowId: watchWorkflowId(pipeline),
      taskQueue,
      args: [{ version: 1, pipeline }],
      signal: WATCH_CONFIGURED,
      signalArgs: [{ staleAfterSeconds: staleAfterSeconds(staleAfter) }],
      staticSummary: `Watches pipeline ${pipeline}`,
    });
  }
}
