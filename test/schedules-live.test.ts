import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  applySchedules,
  ownSchedule,
  planSchedules,
  type ScheduleChange,
  type TemporalClient,
} from '../workers/client/index.js';
import { NEVER, schedulesSite, until } from './support/schedules-live.js';

const site = schedulesSite();
const { config, apply, handleOf, status, described } = site;
let temporal: TemporalClient;
let project: string;
let pipeline: string;
beforeEach(() => {
  ({ temporal, project, pipeline } = site);
});

const kinds = (changes: ScheduleChange[]) => changes.map(({ change }) => change);

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
