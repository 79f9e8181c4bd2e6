import { staleAfterSeconds, type NotificationConfig } from '../../contracts/config-notifications.js';
import type { OperationsActivities } from '../../contracts/operations.js';
import { searchAttributeNames } from '../../contracts/search-attributes.js';
import { runStep } from '../step.js';
import { latestMove, notifyAll, reportEnd, type Sent } from './notify.js';
import { KnownSearchAttributes } from './search-attributes.js';

export interface OperationsDependencies {
  /** Whether runs set the search attribute `TidemarkWatermark`: it is never encrypted. Default: they do not. */
  searchableWatermark?: boolean;
  /** Who is told of pipelines. Hold secrets. Default: nobody. */
  notifications?: readonly NotificationConfig[];
  /** How long a pipeline's high watermark may stand still, by the pipeline's name: `6h`. */
  staleAfter?: Readonly<Record<string, string>>;
  /** Address of a run in the Web UI, for notifications. */
  linkOf?: (workflowId: string, runId: string) => string | undefined;
}

/** Steps that belong to the running of pipelines, made from what the worker's config says. */
export function createOperationsActivities(dependencies: OperationsDependencies = {}): OperationsActivities {
  const { searchableWatermark = false, notifications = [], staleAfter = {}, linkOf } = dependencies;
  const wanted = searchAttributeNames().filter((name) => searchableWatermark || name !== 'TidemarkWatermark');
  const known = new KnownSearchAttributes(wanted);
  const settingsOf = (pipeline: string) => {
    const limit = Object.hasOwn(staleAfter, pipeline) ? staleAfter[pipeline] : undefined;
    return { staleAfterSeconds: limit === undefined ? null : staleAfterSeconds(limit) };
  };
  return {
    tidemarkRunSettings: async () => ({
      searchAttributes: await known.names(),
      reportsEnds: notifications.length > 0,
    }),
    tidemarkReportEnd: (end) => runStep(() => reportEnd(end, settingsOf(end.pipeline))),
    tidemarkNotify: (notification) =>
      runStep<Sent, { delivered: number }>((step) => {
        const { run } = notification;
        const link = run === undefined ? undefined : linkOf?.(run.workflowId, run.runId);
        const linked = run === undefined || link === undefined ? {} : { run: { ...run, link } };
        return notifyAll({ ...notification, ...linked }, notifications, step);
      }),
    tidemarkLatestMove: ({ pipeline }) => runStep(() => latestMove(pipeline)),
  };
}
