/**
 * Whether a failure is the Temporal server's own word, not that of the workflow which was asked. A server that is short of time now and
 * then turns down an update which no worker has looked at, and calls that final; asked again it hands it on.
 */
export function isServersWord(failure: unknown): boolean {
  // As the server has sent it: the SDK keeps it beside what it has made of it.
  const sent = failure instanceof Error && 'failure' in failure ? failure.failure : undefined;
  return typeof sent === 'object' && sent !== null && 'source' in sent && sent.source === 'Server';
}
