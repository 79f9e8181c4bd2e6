import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { noteSecrets } from './support/known-secrets.js';
import { openTenant, type Tenant } from './support/tenant.js';

const ROW_VALUE = 'value-of-a-row-in-motion';
const ROWS = 6_000;
/** More than sockets hold: while the server does not read, the transfer stands still in its midst. */
const LARGE = `code,name,zip\n${Array.from({ length: ROWS }, (_, row) => `C${row},${ROW_VALUE.padEnd(3_000, 'x')},1\n`).join('')}`;

/** What a run leaves in Temporal: as much for a slow server as for a quick one, and never a row. */
describe('a run', () => {
  let tenant: Tenant;
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.05 } };
  const upload: [string, object] = ['titanConventionUpload', { ...base, domain: 'Customer', store: 'lake' }];
  const download: [string, object] = ['titanConventionDownload', { ...base, domain: 'Customer', store: 'landing' }];

  beforeAll(async () => {
    tenant = await openTenant();
    noteSecrets([ROW_VALUE]);
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    await tenant.execute(...upload);
  });
  afterEach(() => {
    tenant.sandbox.clearFaults();
    tenant.sandbox.configure({ exportDelayMs: 0, importDelayMs: 0 });
  });
  afterAll(() => tenant.close());

  /** How often each type of event is in the history, but for workflow tasks: how many of those are needed is a matter of timing. */
  async function eventsOf(run: [string, object]): Promise<Record<string, number>> {
    const handle = await tenant.start(...run);
    await handle.result();
    const counts: Record<string, number> = {};
    for (const {
      eventType,
      workflowTaskScheduledEventAttributes,
      workflowTaskStartedEventAttributes,
      workflowTaskCompletedEventAttributes,
    } of (await handle.fetchHistory()).events ?? []) {
      if (
        workflowTaskScheduledEventAttributes ||
        workflowTaskStartedEventAttributes ||
        workflowTaskCompletedEventAttributes
      )
        continue;
      counts[String(eventType)] = (counts[String(eventType)] ?? 0) + 1;
    }
    return counts;
  }

  it.each([
    ['exports', download, { exportDelayMs: 1_500 }, 'exports.get'],
    ['an import', upload, { importDelayMs: 1_500 }, 'imports.get'],
  ] as const)(
    'that polls for %s many times has no more events than one that polls once',
    async (_, run, slow, route) => {
      const polls = (): number => tenant.sandbox.requestLog.filter((call) => call.route === route).length;
      const start = polls();
      const quick = await eventsOf([...run]);
      const between = polls();
      tenant.sandbox.configure(slow);
      expect(await eventsOf([...run])).toEqual(quick);
      expect(polls() - between).toBeGreaterThan(between - start);
    },
  );

  it('heartbeats where a table is, in numbers; its file is sent as the server takes it (weakness 1)', async () => {
    await tenant.put('cust_customers.csv', LARGE);
    tenant.sandbox.setFaults([
      { kind: 'slow', match: { route: 'upload.put', table: 'cust_customers' }, delayMs: 600_000 },
    ]);
    const handle = await tenant.start(...upload);
    const cursor = await heartbeat(
      handle,
      'titanSendTable',
      (details) => details['phase'] === 'sending' && Number(details['bytesSent']) > 0,
    );
    await handle.cancel();
    await handle.result().catch(() => undefined);
    expect(cursor).toMatchObject({ phase: 'sending', rows: ROWS, bytes: LARGE.length });
    expect(cursor['bytesSent']).toBeLessThan(LARGE.length);
    expect(textsOf(cursor)).toEqual(new Set(['sending', 'cust_customers']));
  });

  it('heartbeats how many bytes of a download have come', async () => {
    tenant.sandbox.setFaults([{ kind: 'trickle', match: { route: 'download.get' }, bytesPerSecond: 50 }]);
    const handle = await tenant.start(...download);
    const cursor = await heartbeat(handle, 'titanReceiveTable', (details) => Number(details['bytes']) > 0);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    expect(cursor['bytes']).toEqual(expect.any(Number));
    expect(['cust_customers', 'cust_regions']).toEqual(expect.arrayContaining([...textsOf(cursor)]));
  });

  /** What a running step has told Temporal last. */
  async function heartbeat(
    handle: WorkflowHandle,
    activity: string,
    isIt: (details: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const { pendingActivities } = (await handle.describe()).raw;
      for (const { activityType, heartbeatDetails } of pendingActivities ?? []) {
        const [payload] = heartbeatDetails?.payloads ?? [];
        if (activityType?.name !== activity || payload === undefined) continue;
        const details = defaultPayloadConverter.fromPayload<Record<string, unknown> | null | undefined>(payload);
        if (details && isIt(details)) return details;
      }
      await sleep(100);
    }
  }
});

/** What is not a number. */
function textsOf(cursor: Record<string, unknown>): Set<unknown> {
  return new Set(Object.values(cursor).filter((value) => typeof value !== 'number'));
}
