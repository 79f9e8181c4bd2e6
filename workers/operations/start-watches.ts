import type { Client } from '@temporalio/client';
import { staleAfterSeconds } from '../../contracts/config-notifications.js';
import { tellWatch, tellWatchIfAny } from '../../activities/operations/tell-watch.js';
import { WATCH_CONFIGURED, type WatchSettings } from '../../contracts/operations.js';

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
    const settings: WatchSettings = {
      staleAfterSeconds: staleAfter === undefined ? null : staleAfterSeconds(staleAfter),
    };
    // One whose high watermark may stand still again has to know it, or it would go on telling.
    if (staleAfter === undefined) await tellWatchIfAny({ client, pipeline }, WATCH_CONFIGURED, [settings]);
    else await tellWatch({ client, pipeline, taskQueue }, WATCH_CONFIGURED, [settings]);
  }
}
