import { beforeEach, describe, expect, it } from '@jest/globals';
import { pipelineWorkflowId, type TidemarkConfig } from '../contracts/config.js';
import {
  backfillSchedule,
  dueTimes,
  ownSchedule,
  pauseSchedule,
  resumeSchedule,
  type TemporalClient,
} from '../workers/client/index.js';
import { NEVER, schedulesSite, until } from './support/schedules-live.js';
import type { Tenant } from './support/tenant.js';

const site = schedulesSite();
const { config, apply, handleOf, status, described } = site;
let tenant: Tenant;
let temporal: TemporalClient;
let pipeline: string;
beforeEach(() => {
  ({ tenant, temporal, pipeline } = site);
});

describe('a due run', () => {
  it('is tidemarkRun, which runs the pipeline under the pipeline’s id into the tenant', async () => {
    const wanted = config({ interval: { every: '1s' } });
    await apply(wanted);
    const { ended, counts, schedule } = await until(
      () => status(wanted),
      (now) => now.ended.length > 0 && (now.counts['Completed'] ?? 0) > 0,
    );
    expect(ended[0]).toMatchObject({
      workflowId: `tidemark/pipeline/${pipeline}`,
      state: 'completed',
      summary: expect.stringMatching(/2 tables/),
      link: expect.stringContaining('http://ui.example/namespaces/default/workflows/tidemark%2Fpipeline%2F'),
    });
    expect(counts['Completed']).toBeGreaterThan(0);
    expect(schedule).toMatchObject({
      paused: false,
      times: 'every 1s',
      link: expect.stringContaining('/schedules/tidemark%2F'),
    });
    expect(await tenant.sandbox.rows('cust_customers')).toHaveLength(1);
    const [first] = (await described()).info.recentActions;
    expect(first?.action.workflow.workflowId).toMatch(new RegExp(`^tidemark/run/${pipeline}-\\d{4}-`));
    const run = await temporal.client.workflow.getHandle(first?.action.workflow.workflowId ?? '').describe();
    expect(run.type).toBe('tidemarkRun');
    expect(await run.staticSummary()).toBe(`Scheduled run of pipeline ${pipeline}`);
  });

  it('that fails in a way that trying again can mend is tried again, as `retry` says', async () => {
    const wanted = config({ ...NEVER, ifRunning: 'fail', retry: { attempts: 3, firstDelay: '1s', maxDelay: '1s' } });
    await apply(wanted);
    tenant.sandbox.configure({ importDelayMs: 60_000 });
    const first = await temporal.client.workflow.start('titanConventionUpload', {
      workflowId: pipelineWorkflowId(pipeline),
      taskQueue: temporal.target.taskQueue,
      args: [wanted.pipelines[pipeline]?.input],
    });
    await handleOf().trigger('SKIP');
    const failed = `WorkflowType = 'tidemarkRun' AND TaskQueue = '${temporal.target.taskQueue}' AND ExecutionStatus = 'Failed'`;
    await until(
      async () => (await temporal.client.workflow.count(failed)).count,
      (count) => count > 0,
    );
    tenant.sandbox.configure({ importDelayMs: 0 });
    await first.terminate();
    const { ended } = await until(
      () => status(wanted),
      (now) => now.ended.length === 2,
    );
    expect(ended.map(({ state }) => state)).toEqual(['completed', 'terminated']);
  });

  it('that fails for good is not, and pauses the Schedule where it is to', async () => {
    const wanted = config(
      { ...NEVER, pauseOnFailure: true, retry: { attempts: 3, firstDelay: '1s' } },
      { input: { domain: 'Custommer' } },
    );
    await apply(wanted);
    // Of runs that may overlap Temporal does not watch the end.
    await handleOf().trigger('SKIP');
    const { schedule, ended } = await until(
      () => status(wanted),
      (now) => typeof now.schedule === 'object' && now.schedule.paused && now.ended.length > 0,
    );
    expect(ended).toMatchObject([{ state: 'failed', error: { code: 'TITAN_UNKNOWN_DOMAIN' } }]);
    expect(schedule).toMatchObject({
      paused: true,
      nextRuns: [],
      note: expect.stringContaining('paused due to workflow failure'),
    });
  });
});

describe('pause and resume', () => {
  it('stop the runs and let them go on, with the reason where people look', async () => {
    const wanted = config({ cron: '0 0 1 1 *' });
    await apply(wanted);
    await pauseSchedule(temporal, await ownSchedule(temporal, wanted, pipeline), 'a holiday');
    expect((await status(wanted)).schedule).toMatchObject({ paused: true, note: 'a holiday', nextRuns: [] });
    await resumeSchedule(temporal, await ownSchedule(temporal, wanted, pipeline), 'back');
    const { schedule } = await status(wanted);
    expect(schedule).toMatchObject({
      paused: false,
      note: 'back',
      nextRuns: expect.arrayContaining([expect.stringMatching(/-01-01T00:00:00\.000Z$/)]),
    });
  });

  it('of a pipeline without a Schedule say what to do', async () => {
    const refusal = (wanted: TidemarkConfig) => ownSchedule(temporal, wanted, pipeline);
    await expect(refusal(config())).rejects.toMatchObject({
      code: 'NO_SCHEDULE',
      message: expect.stringContaining('Give it a `schedule`'),
    });
    await expect(refusal(config(NEVER))).rejects.toMatchObject({
      code: 'NO_SCHEDULE',
      message: expect.stringContaining('Run `tidemark apply`'),
    });
    expect((await status(config())).schedule).toBe('none');
    expect((await status(config(NEVER))).schedule).toBe('not applied');
  });
});

describe('a backfill', () => {
  const range = { from: new Date('2026-01-05T00:00:00Z'), to: new Date('2026-01-07T00:00:00Z') };

  it('with bufferAll runs once for each time that was due, both ends included, one after the other, also while paused', async () => {
    const wanted = config({ cron: '0 0 * * *', paused: true });
    await apply(wanted);
    const live = await ownSchedule(temporal, wanted, pipeline);
    expect(await dueTimes(temporal, live, range)).toEqual(
      ['2026-01-05', '2026-01-06', '2026-01-07'].map((day) => new Date(`${day}T00:00:00Z`)),
    );
    await backfillSchedule(temporal, live, { ...range, overlap: 'bufferAll' });
    const { ended } = await until(
      () => status(wanted),
      (now) => now.ended.length === 3,
    );
    expect(ended.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
    // The newest first: each began when the one before it had ended.
    for (const [index, run] of ended.slice(0, -1).entries())
      expect(Date.parse(run.startedAt)).toBeGreaterThanOrEqual(Date.parse(ended[index + 1]?.endedAt ?? ''));
  });

  it('with skip runs once, since the others fall due while it is under way', async () => {
    tenant.sandbox.configure({ importDelayMs: 60_000 });
    const wanted = config({ cron: '0 0 * * *', paused: true });
    await apply(wanted);
    await backfillSchedule(temporal, await ownSchedule(temporal, wanted, pipeline), { ...range, overlap: 'skip' });
    const { schedule } = await until(
      () => status(wanted),
      (now) => now.running !== undefined && typeof now.schedule === 'object' && now.schedule.counts.leftOut === 2,
    );
    expect(schedule).toMatchObject({ counts: { started: 1, leftOut: 2 }, running: 1 });
  });
});
