import type { WorkflowHandle } from '@temporalio/client';

/** What the open step of a run marked last, by its heartbeat; undefined while there is none. */
export async function latestHeartbeat(handle: WorkflowHandle): Promise<unknown> {
  const { raw } = await handle.client.getHandle(handle.workflowId).describe();
  const payload = raw.pendingActivities?.find(({ heartbeatDetails }) => heartbeatDetails?.payloads?.length)
    ?.heartbeatDetails?.payloads?.[0];
  if (payload == null) return undefined;
  const { payloadConverter, payloadCodecs } = handle.client.options.loadedDataConverter;
  let decoded = [payload];
  for (const codec of [...payloadCodecs].reverse()) decoded = await codec.decode(decoded);
  const [first] = decoded;
  return first === undefined ? undefined : payloadConverter.fromPayload(first);
}
