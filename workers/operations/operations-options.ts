import type { TidemarkConfig } from '../../contracts/config.js';
import { runLink, type WebUiTarget } from '../client/links.js';
import type { OperationsPluginOptions } from '../plugins/operations-plugin.js';

/** What a `tidemark.yaml` says of the running of pipelines, as the plugin wants it. */
export function operationsOptionsOf(config: TidemarkConfig, target: WebUiTarget): OperationsPluginOptions {
  const { temporal, notifications, pipelines } = config;
  const limits = Object.entries(pipelines).flatMap(([name, { staleAfter }]) =>
    staleAfter === undefined ? [] : [[name, staleAfter] as const],
  );
  return {
    searchableWatermark: temporal.searchAttributes?.watermark ?? false,
    notifications,
    staleAfter: Object.fromEntries(limits),
    linkOf: (workflowId, runId) => runLink({ ...target, webUi: target.webUi ?? temporal.webUi }, workflowId, runId),
  };
}
