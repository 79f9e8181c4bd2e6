import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TitanRdmActivities } from '../contracts/activities.js';
import { pipelineWorkflowId } from '../contracts/config.js';
import { openSkippingTenant, type Ended, type SkippingTenant } from './support/time-skipping.js';

// Times here are those of the workflows, by the clock of a server that skips over waiting. While steps are under way it goes like any other:
// what was waited for is not less, and not a further wait more.

let tenant: SkippingTenant;
beforeAll(async () => {
  tenant = await openSkippingTenant();
});
afterEach(() => tenant.sandbox.clearFaults());
afterAll(() => tenant.close());

const upload = {
  connection: 'tenant',
  branch: { name: 'main' },
  domain: 'Customer',
  store: 'lake',
  poll: { intervalSeconds: 0.05 },
};
const download = { ...upload, store: 'landing' };
const unavailable = (route: string, times: number) =>
  tenant.sandbox.setFaults([{ match: { route }, kind: 'status', status: 503, times }]);

/** Code of what a workflow failed with. */
function codeOf({ error }: Ended): string | undefined {
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause.type ?? '';
  throw error;
}

/** Of each time that a step was scheduled: its timeouts in seconds, its attempts, and when it ended, in seconds after that. */
async function stepsOf(handle: WorkflowHandle, name: string) {
  const { events = [] } = await handle.fetchHistory();
  const seconds = (time: { seconds?: unknown; nanos?: number | null } | null | undefined) =>
    Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9;
  return (events ?? []).flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name !== name) return [];
    const started = (events ?? []).find(
      (other) => Number(other.activityTaskStartedEventAttributes?.scheduledEventId ?? -1) === Number(event.eventId),
    );
    return [
      {
        startToClose: seconds(scheduled.startToCloseTimeout),
        heartbeat: seconds(scheduled.heartbeatTimeout),
        maximumAttempts: scheduled.retryPolicy?.maximumAttempts,
        attempt: started?.activityTaskStartedEventAttributes?.attempt,
        after: seconds(started?.eventTime) - seconds(event.eventTime),
      },
    ];
  });
}

/** Seconds of waiting, and what the steps themselves took: less than the shortest wait that could have been added. */
function expectWaited(found: number, seconds: number): void {
  expect(found).toBeGreaterThanOrEqual(seconds);
  expect(found).toBeLessThan(seconds + 30);
}

describe('a step that fails in a way that trying again can mend', () => {
  it('is tried again after 1, 2, 4, 8, 16 and then 30 seconds', async () => {
    unavailable('domains.list', 8);
    const { handle, result } = await tenant.run('titanConventionUpload', upload);
    expect(result).toMatchObject({ totals: { success: 1 } });
    const [step] = await stepsOf(handle, 'titanDiscover');
    expect(step).toMatchObject({ attempt: 9, maximumAttempts: 15 });
    expectWaited(step?.after ?? 0, 1 + 2 + 4 + 8 + 16 + 30 + 30 + 30);
  });

  it('fails the run after 15 attempts, which is five minutes later', async () => {
    unavailable('domains.list', 1_000);
    const ended = await tenant.run('titanConventionUpload', upload);
    expect(codeOf(ended)).toBe('TITAN_SERVER_ERROR');
    expectWaited(ended.seconds, 1 + 2 + 4 + 8 + 16 + 9 * 30);
  });
});

describe('waiting for TitanRDM', () => {
  it.each([
    ['an import', 'titanConventionUpload', upload, 'titanPollImport'],
    ['an export', 'titanConventionDownload', download, 'titanPollExport'],
  ] as const)(
    'for %s is one step, with time for the longest wait and for workers that die',
    async (_what, workflow, input, step) => {
      const poll = { intervalSeconds: 0.05, maxWaitSeconds: 7 * 86_400 };
      const { handle } = await tenant.run(workflow, { ...input, tables: ['customers'], poll });
      expect(await stepsOf(handle, step)).toMatchObject([
        { startToClose: 7 * 86_400 + 600, heartbeat: 10, maximumAttempts: 100, attempt: 1 },
      ]);
    },
  );

  it.each([
    ['an import', 'titanConventionUpload', upload, 'titanPollImport', 'importNeverEnds', 'imports.complete'],
    ['an export', 'titanConventionDownload', download, 'titanPollExport', 'exportNeverEnds', 'exports.new'],
  ] as const)(
    'for %s ends at the longest wait, of which later attempts have only the rest',
    async (_what, workflow, input, step, kind, route) => {
      tenant.sandbox.setFaults([{ match: { route }, kind }]);
      let attempts = 0;
      const poll = async (given: never) => {
        attempts += 1;
        if (attempts > 1) return tenant.real[step](given);
        Context.current().heartbeat({ waitedSeconds: 299.9 });
        throw ApplicationFailure.retryable('the worker was stopped', 'WORKER_STOPPED');
      };
      const ended = await tenant.run(
        workflow,
        { ...input, tables: ['customers'], poll: { intervalSeconds: 0.05, maxWaitSeconds: 300 } },
        { faults: { [step]: poll } },
      );
      expect(codeOf(ended)).toBe('TITAN_WAIT_EXCEEDED');
      expect(attempts).toBe(2);
    },
  );
});

it('a batch about which something stays uncertain is begun anew after 1, 2, 4, 8, 16 and then 30 seconds, at most 20 times', async () => {
  const titanVerifyBatch = () => Promise.resolve({ status: 'New', verdict: 'tainted', reason: 'a strange table' });
  const ended = await tenant.run('titanConventionUpload', upload, { faults: { titanVerifyBatch } });
  expect(codeOf(ended)).toBe('TITAN_BATCH_TAINTED');
  expectWaited(ended.seconds, 1 + 2 + 4 + 8 + 16 + 14 * 30);
});

describe('the run of a pipeline', () => {
  const runOf = (pipeline: string) => ({ pipeline, workflow: 'titanConventionUpload', input: upload });

  it('is tried again as its Schedule says, an hour later, when its failure is one that this can mend', async () => {
    unavailable('domains.list', 15);
    const ended = await tenant.run('tidemarkRun', runOf('hourly'), {
      retry: { maximumAttempts: 3, initialInterval: '1h' },
    });
    expect(ended.result).toMatchObject({ totals: { success: 1 } });
    expectWaited(ended.seconds, 1 + 2 + 4 + 8 + 16 + 9 * 30 + 3_600);
  });

  it('waits for the one that is under way, however long it takes', async () => {
    unavailable('domains.list', 12);
    let first: WorkflowHandle | undefined;
    const ended = await tenant.run('titanConventionUpload', upload, {
      workflowId: pipelineWorkflowId('nightly'),
      meanwhile: async (start) => {
        first = await start('tidemarkRun', runOf('nightly'), 'scheduled');
      },
      // What is under way, and has no worker any more, would keep the clock from skipping for other tests.
      afterwards: async () => {
        await first?.result();
      },
    });
    expect(ended.result).toMatchObject({ totals: { success: 1 } });
    expect(first).toBeDefined();
  });
});

it('a wait whose worker died is taken up by another: 10 s after the last sign of life', async () => {
  // A server of its own: its clock never skips again once it has given up a step.
  const own = await openSkippingTenant();
  try {
    const poll = async (input: Parameters<TitanRdmActivities['titanPollImport']>[0]) => {
      if (Context.current().info.attempt > 1) return own.real.titanPollImport(input);
      // What a dead worker does: nothing, and no answer.
      return Context.current().cancelled;
    };
    const { handle, result } = await own.run('titanConventionUpload', upload, { faults: { titanPollImport: poll } });
    expect(result).toMatchObject({ totals: { success: 1 } });
    expect(await stepsOf(handle, 'titanPollImport')).toMatchObject([{ attempt: 2 }]);
  } finally {
    await own.close();
  }
});
