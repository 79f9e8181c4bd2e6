import { Context } from '@temporalio/activity';
import type { NotificationConfig } from '../../contracts/config-notifications.js';
import type { Notification, RunEnd, WatchSettings } from '../../contracts/operations.js';
import { WATCH_ENDED } from '../../contracts/operations.js';
import { watermarkWorkflowId, type Watermarks } from '../../contracts/watermark.js';
import { Webhook } from '../../connectors/webhook/index.js';
import type { Step } from '../step.js';
import { tellWatch } from './tell-watch.js';

/** Which of the notifications have been sent, by their place in the config. */
export interface Sent {
  places: number[];
}

/** Posts to each webhook that wants it; a repetition goes on with those that have not had it. */
export async function notifyAll(
  notification: Notification,
  configured: readonly NotificationConfig[],
  { signal, mark, resumed }: Pick<Step<Sent>, 'signal' | 'mark' | 'resumed'>,
): Promise<{ delivered: number }> {
  const places = [...(resumed?.places ?? [])];
  const failures: Error[] = [];
  for (const [place, { url, headers, on, pipelines }] of configured.entries()) {
    const wanted = on.includes(notification.event) && (pipelines?.includes(notification.pipeline) ?? true);
    if (!wanted || places.includes(place)) continue;
    try {
      const webhook = new Webhook({ url, ...(headers === undefined ? {} : { headers }) });
      await webhook.post(notification, notification.id, signal);
      places.push(place);
      mark({ places });
    } catch (error) {
      if (signal.aborted) throw error;
      // The others are told all the same.
      failures.push(error instanceof Error ? error : new Error('unknown'));
    }
  }
  if (failures[0] !== undefined) throw failures[0];
  return { delivered: places.length };
}

/** Tells the pipeline's watch; who is not there yet is started by the same call. */
export async function reportEnd(end: RunEnd, settings: WatchSettings): Promise<void> {
  const { client, info } = Context.current();
  await tellWatch({ client, pipeline: end.pipeline, taskQueue: info.taskQueue }, WATCH_ENDED, [end, settings]);
}

/** Asks `tidemarkWatermark`; a pipeline without one, or one that does not answer, tells nothing. */
export async function latestMove(pipeline: string): Promise<string | null> {
  const { client } = Context.current();
  try {
    const marks = await client.connection.withDeadline(Date.now() + PATIENCE_MS, () =>
      client.workflow.getHandle(watermarkWorkflowId(pipeline)).query<Watermarks>('watermarks'),
    );
    const times = Object.values(marks).map(({ at }) => at);
    return times.reduce<string | null>((latest, at) => (latest === null || at > latest ? at : latest), null);
  } catch {
    return null;
  }
}

const PATIENCE_MS = 8_000;
