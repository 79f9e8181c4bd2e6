/** What a link to the Web UI is made of. */
export interface WebUiTarget {
  namespace: string;
  /** Address of the Web UI; undefined when nobody knows it. */
  webUi: string | undefined;
}

/** Address of a run in Temporal's Web UI (2.x), or undefined when the Web UI's own is not known. Without a run id: the latest run. */
export function runLink({ namespace, webUi }: WebUiTarget, workflowId: string, runId?: string): string | undefined {
  if (webUi === undefined) return undefined;
  const id = encodeURIComponent(workflowId);
  const run = runId === undefined ? '' : `/${encodeURIComponent(runId)}/history`;
  return `${webUi.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${id}${run}`;
}

/** Address of a Schedule in Temporal's Web UI (2.x), or undefined when the Web UI's own is not known. */
export function scheduleLink({ namespace, webUi }: WebUiTarget, scheduleId: string): string | undefined {
  if (webUi === undefined) return undefined;
  return `${webUi.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/schedules/${encodeURIComponent(scheduleId)}`;
}

/** Where the Web UI of a server most likely is: on a local one by the ports of `temporal server start-dev`, on Temporal Cloud its own. */
export function likelyWebUi(address: string): string | undefined {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (/(^|\.)(tmprl\.cloud|temporal\.io)$/i.test(host)) return 'https://cloud.temporal.io';
  const local = host === 'localhost' || host === '127.0.0.1' || host === '[::1]';
  return local && port === '7233' ? 'http://localhost:8233' : undefined;
}
