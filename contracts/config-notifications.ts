import { z } from 'zod';
import { configNameSchema } from './config-connections.js';
import { durationMs, durationSchema } from './duration.js';

/** What a person is told: a run failed, it succeeded again, the high watermark has not moved for too long. */
export const notificationEventSchema = z.enum(['failure', 'recovery', 'stale']);
export type NotificationEvent = z.infer<typeof notificationEventSchema>;

/** A webhook that is told of pipelines: a POST of JSON that holds no rows and no secrets. */
export const notificationConfigSchema = z.strictObject({
  /** Where to. Write `${ENV}`: whoever knows it can post there too. */
  url: z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }),
  /** Headers of one's own, for instance an authorization. Write `${ENV}` for secrets. */
  headers: z.record(z.string().regex(/^[\w-]+$/u), z.string()).optional(),
  /** What it is told of. */
  on: z.array(notificationEventSchema).min(1).default(['failure', 'recovery', 'stale']),
  /** Of which pipelines. Left out: of all. */
  pipelines: z.array(configNameSchema).min(1).optional(),
});
export type NotificationConfig = z.infer<typeof notificationConfigSchema>;

/** How long a pipeline's high watermark may stand still before somebody is told: `30m`, `6 hours`, `2d`. */
export const staleAfterSchema = durationSchema({ min: '1s', max: '3650 days' });

/** Seconds of a duration that the schema has let pass. */
export function staleAfterSeconds(text: string): number {
  return (durationMs(text) ?? 0) / 1_000;
}

interface WithNotifications {
  notifications: { pipelines?: unknown }[];
  pipelines: Record<string, unknown>;
}

/** A pipeline that a notification names must be configured. */
export function checkNotifications({ notifications, pipelines }: WithNotifications, context: z.RefinementCtx): void {
  for (const [index, { pipelines: named }] of notifications.entries()) {
    for (const [place, name] of (Array.isArray(named) ? named : []).entries()) {
      if (typeof name === 'string' && Object.hasOwn(pipelines, name)) continue;
      context.addIssue({
        code: 'custom',
        path: ['notifications', index, 'pipelines', place],
        message: 'no pipeline has this name',
        params: { nearestOf: Object.keys(pipelines), value: String(name) },
      });
    }
  }
}
