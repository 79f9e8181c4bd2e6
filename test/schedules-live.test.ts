import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScheduleDescription } from '@temporalio/client';
import { configSchema, pipelineWorkflowId, type TidemarkConfig } from '../contracts/config.js';
import {
  applySchedules,
  backfillSchedule,
  dueTimes,
  ownSchedule,
  pauseSchedule,
  pipelineStatus,
  planSchedules,
  resumeSchedule,
  type PipelineStatus,
  type ScheduleChange,
  type TemporalClient,
} from '../workers/client/index.js';
import { openTenant, type Tenant } from './support/tenant.js';

let tenant: Tenant;
let temporal: TemporalClient;
/** Ends of the ids: the server is that of the whole test run. */
let unique = 0;
let project: string;
let pipeline: string;

beforeAll(async () => {
  tenant = await openTenant();
  const { address, namespace, taskQueue, client } = tenant.temporal;
  const target = {
    address,
    namespace,
    taskQueue,
    webUi: 'http://ui.example',
    connectionOptions: { address },
    from: 'test',
  };
  temporal = { client, target, close: () => Promise.resolve() };
  await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
  await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
});
beforeEach(() => {
  unique += 1;
  project = `${temporal.target.taskQueue}-${unique}`;
  pipeline = `p-${project}`;
});
afterEach(async () => {
  tenant.sandbox.clearFaults();
  tenant.sandbox.configure({ importDelayMs: 0 });
  await temporal.client.workflow
    .getHandle(pipelineWorkflowId(pipeline))
    .terminate()
    .catch(() => undefined);
  for await (const { scheduleId } of temporal.client.schedule.list())
    if (scheduleId.includes(temporal.target.taskQueue))
      await temporal.client.schedule
        .getHandle(scheduleId)
        .delete()
        .catch(() => undefined);
});
afterAll(() => tenant.close());

const NEVER = { calendar: { year: 2099 } };

/** A config of one pipeline, with a schedule or without. */
function config(schedule?: object, more: { input?: object; project?: string; name?: string } = {}): TidemarkConfig {
  const { name = pipeline, input } = more;
  return configSchema.parse({
    version: 1,
    project: more.project ?? project,
    connections: {
      tenant: { type: 'titanrdm', url: 'https://t.example', clientId: 'a', clientSecret: 'b' },
      lake: { type: 'files', path: '.' },
    },
    pipelines: {
      [name]: {
        workflow: 'titanConventionUpload',
        input: {
          connection: 'tenant',
          branch: { name: 'main' },
          domain: 'Customer',
          store: 'lake',
          poll: { intervalSeconds: 0.1 },
          ...input,
        },
        ...(schedule === undefined ? {} : { schedule }),
      },
    },
  });
}

async function apply(wanted: TidemarkConfig, options: { adopt?: boolean } = {}): Promise<ScheduleChange[]> {
  const changes = await planSchedules(temporal, wanted, options);
  await applySchedules(temporal, changes, wanted.project ?? '');
  return changes;
}
const handleOf = (name = pipeline) => temporal.client.schedule.getHandle(`tidemark/${name}`);
const kinds = (changes: ScheduleChange[]) => changes.map(({ change }) => change);

async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await sleep(50);
  }
}
const status = (wanted: TidemarkConfig): Promise<PipelineStatus> =>
  pipelineStatus(temporal, wanted, Object.keys(wanted.pipelines)[0] ?? '', { runs: 10 });
const described = (): Promise<ScheduleDescription> => handleOf().describe();

describe('applying a config', () => {
  it('creates a Schedule that does what the config says, and applying again finds nothing to do', async () => {
    const wanted = config({
      cron: ['30 2 * * MON-FRI', '0 12 * * 5-7 2030', '15 0 0 1 */3 * *'],
      timezone: 'Europe/London',
      jitter: '90s',
      overlap: 'bufferOne',
      catchupWindow: '1 hour',
      pauseOnFailure: true,
      retry: { attempts: 3, firstDelay: '10s', maxDelay: '1m', backoff: 1.5 },
      ifRunning: 'skip',
    });
    expect(kinds(await apply(wanted))).toEqual(['create']);
    const { spec, policies, action, memo } = await described();
    expect(spec).toMatchObject({ timezone: 'Europe/London', jitter: 90_000 });
    expect(spec.calendars?.map(({ comment }) => comment)).toEqual([
      '30 2 * * MON-FRI',
      '0 12 * * 5-7 2030',
      '15 0 0 1 */3 * *',
    ]);
    expect(policies).toEqual({ overlap: 'BUFFER_ONE', catchupWindow: 3_600_000, pauseOnFailure: true });
    expect(memo).toEqual({ tidemark: { project } });
    expect(action).toMatchObject({
      workflowType: 'tidemarkRun',
      workflowId: `tidemark/run/${pipeline}`,
      taskQueue: temporal.target.taskQueue,
      retry: { maximumAttempts: 3, initialInterval: 10_000, maximumInterval: 60_000, backoffCoefficient: 1.5 },
      args: [
        {
          version: 1,
          pipeline,
          workflow: 'titanConventionUpload',
          ifRunning: 'skip',
          input: { pipeline, domain: 'Customer' },
        },
      ],
    });
    expect(await planSchedules(temporal, wanted)).toMatchObject([{ change: 'unchanged', differences: [] }]);
  });

  it.each([
    { interval: { every: '90 minutes', offset: '5m' } },
    { calendar: { hour: [9, '12-17/2'], dayOfWeek: 'sat-sun' } },
    {
      calendar: [
        { second: '*/20', minute: '*', hour: '*' },
        { dayOfMonth: 1, month: 'JAN,jul', year: '2030-2040/2' },
      ],
    },
    { cron: '@hourly', timezone: 'Asia/Kolkata' },
  ])('is idempotent for %j: what the server makes of it is what was meant', async (schedule) => {
    const wanted = config({ ...schedule, paused: true });
    await apply(wanted);
    expect(await planSchedules(temporal, wanted)).toMatchObject([{ change: 'unchanged', differences: [] }]);
  });

  it('changes what has changed, and keeps what people did: paused stays paused, unless the config says otherwise', async () => {
    await apply(config(NEVER));
    await handleOf().pause('tenant is being migrated');
    expect(
      await apply(
        config({ calendar: { year: 2098 }, overlap: 'bufferAll' }, { input: { pattern: 'incremental_upsert_only' } }),
      ),
    ).toMatchObject([
      {
        change: 'update',
        changedByHand: false,
        differences: [
          { what: 'times', from: '0 0 * * * 2099'.replace(/^/, 'at '), to: 'at 0 0 * * * 2098' },
          { what: 'overlap', from: 'SKIP', to: 'BUFFER_ALL' },
          { what: 'input.pattern', from: '"full"', to: '"incremental_upsert_only"' },
        ],
      },
    ]);
    expect((await described()).state).toMatchObject({ paused: true, note: 'tenant is being migrated' });
    await apply(config({ ...NEVER, paused: false }));
    expect((await described()).state.paused).toBe(false);
  });

  it('shows what was changed by hand, and sets it back', async () => {
    const wanted = config(NEVER);
    await apply(wanted);
    await handleOf().update((live) => ({
      ...live,
      spec: { intervals: [{ every: '12h' }] },
      action: { ...live.action, args: [{ pipeline, workflow: 'somethingElse', input: {} }] },
    }));
    const [change] = await apply(wanted);
    expect(change).toMatchObject({ change: 'update', changedByHand: true });
    expect(change?.differences).toContainEqual({ what: 'times', from: 'every 12h', to: 'at 0 0 * * * 2099' });
    expect(change?.differences).toContainEqual({
      what: 'workflow',
      from: '"somethingElse"',
      to: '"titanConventionUpload"',
    });
    expect(kinds(await planSchedules(temporal, wanted))).toEqual(['unchanged']);
  });

  it('deletes its own that the config no longer has, and nobody else’s', async () => {
    const [ours, theirs, manual] = ['old', 'theirs', 'manual'].map((name) => `${name}-${project}`) as [
      string,
      string,
      string,
    ];
    await apply(config(NEVER, { name: ours }));
    await apply(config(NEVER, { name: theirs, project: `${project}-other` }));
    await temporal.client.schedule.create({
      scheduleId: `tidemark/${manual}`,
      spec: { calendars: [{ year: 2099 }] },
      action: { type: 'startWorkflow', workflowType: 'x', taskQueue: 'q' },
    });
    // The list of Schedules lags a moment behind.
    const changes = await until(
      () => planSchedules(temporal, config(NEVER)),
      (found) => found.length === 2,
    );
    await applySchedules(temporal, changes, project);
    expect(changes).toMatchObject([
      { scheduleId: `tidemark/${pipeline}`, change: 'create' },
      { scheduleId: `tidemark/${ours}`, change: 'delete' },
    ]);
    await expect(handleOf(ours).describe()).rejects.toThrow(/not found/i);
    await expect(handleOf(theirs).describe()).resolves.toBeDefined();
    await expect(handleOf(manual).describe()).resolves.toBeDefined();
  });

  it('refuses a Schedule of the same id that is another project’s, before it changes anything; adopts it on demand', async () => {
    const other = config(NEVER, { project: `${project}-other` });
    await apply(other);
    await handleOf().pause('by them');
    const mine = config({ cron: '@daily' });
    await expect(apply(mine)).rejects.toMatchObject({
      code: 'SCHEDULE_NOT_OWNED',
      message: expect.stringContaining(`belongs to the project "${project}-other"`),
    });
    expect((await described()).memo).toEqual({ tidemark: { project: `${project}-other` } });
    await expect(ownSchedule(temporal, mine, pipeline)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_OWNED' });
    expect((await status(mine)).schedule).toBe('not owned');

    expect(kinds(await apply(mine, { adopt: true }))).toEqual(['update']);
    expect(await described()).toMatchObject({
      memo: { tidemark: { project } },
      state: { paused: true, note: 'by them' },
    });
    expect(kinds(await planSchedules(temporal, mine))).toEqual(['unchanged']);
    await expect(apply(other)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_OWNED' });
  });
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
