import { describe, expect, it } from '@jest/globals';
import { configSchema } from '../contracts/config.js';
import {
  definedSchedules,
  diffSchedules,
  type LiveSchedule,
  type ScheduleDefinition,
} from '../workers/client/index.js';

const OWN = { owner: 'shop' };

function defined(schedule: object = { cron: '0 2 * * *' }, more: object = {}): ScheduleDefinition[] {
  const config = configSchema.parse({
    version: 1,
    connections: {
      tenant: { type: 'titanrdm', url: 'https://t.example', clientId: 'a', clientSecret: 'b' },
      lake: { type: 'files', path: '.' },
    },
    pipelines: {
      nightly: {
        workflow: 'titanConventionUpload',
        input: { connection: 'tenant', branch: { id: 1 }, domain: 'Geo', store: 'lake', ...more },
        schedule,
      },
    },
  });
  return definedSchedules(config, 'queue');
}

/** What the server would have after that was applied. */
function applied(definitions: ScheduleDefinition[], more: Partial<LiveSchedule> = {}): LiveSchedule[] {
  return definitions.map(({ scheduleId, pipeline, facts, fingerprint }) => ({
    scheduleId,
    pipeline,
    facts,
    fingerprint,
    owner: 'shop',
    paused: false,
    note: undefined,
    description: {} as LiveSchedule['description'], // not looked at here
    ...more,
  }));
}

describe('the difference between config and live Schedules', () => {
  it('is a creation where there is none', () => {
    expect(diffSchedules(defined(), [], OWN)).toMatchObject([
      { scheduleId: 'tidemark/nightly', change: 'create', times: 'at 0 2 * * *' },
    ]);
  });

  it('is nothing where it is as it was applied, paused or not', () => {
    for (const paused of [false, true])
      expect(diffSchedules(defined(), applied(defined(), { paused }), OWN)).toMatchObject([
        { change: 'unchanged', differences: [] },
      ]);
  });

  it.each<[string, object, object, object[]]>([
    ['times', { cron: '0 3 * * *' }, {}, [{ what: 'times', from: 'at 0 2 * * *', to: 'at 0 3 * * *' }]],
    ['an interval', { interval: { every: '90 s', offset: '5s' } }, {}, [{ what: 'times', to: 'every 90s plus 5s' }]],
    [
      'zone and jitter',
      { cron: '0 2 * * *', timezone: 'Asia/Kolkata', jitter: '1m' },
      {},
      [
        { what: 'time zone', from: 'UTC', to: 'Asia/Kolkata' },
        { what: 'jitter', from: 'none', to: '1m' },
      ],
    ],
    [
      'policies',
      { cron: '0 2 * * *', overlap: 'bufferOne', catchupWindow: '1 hour', pauseOnFailure: true },
      {},
      [
        { what: 'overlap', to: 'BUFFER_ONE' },
        { what: 'catch-up window', from: '365d', to: '1h' },
        { what: 'pause on failure', to: 'yes' },
      ],
    ],
    [
      'the retry',
      { cron: '0 2 * * *', retry: { attempts: 3 } },
      {},
      [{ what: 'retry', from: 'none', to: '3 attempts, 1m × 2 up to 1h' }],
    ],
    [
      'what a run does when another is under way',
      { cron: '0 2 * * *', ifRunning: 'skip' },
      {},
      [{ what: 'ifRunning', from: '"wait"', to: '"skip"' }],
    ],
    [
      'the input, by its place',
      { cron: '0 2 * * *' },
      { pattern: 'incremental_upsert_only', tables: ['a'] },
      [
        { what: 'input.pattern', from: '"full"', to: '"incremental_upsert_only"' },
        { what: 'input.tables', from: 'nothing' },
      ],
    ],
    [
      'paused, where the config says it',
      { cron: '0 2 * * *', paused: true },
      {},
      [{ what: 'paused', from: 'no', to: 'yes' }],
    ],
  ])('is a change of %s, with what was and what will be', (_what, schedule, input, differences) => {
    const [change] = diffSchedules(defined(schedule, input), applied(defined()), OWN);
    expect(change).toMatchObject({ change: 'update', differences });
  });

  it('is told as made by hand when the config is as it was applied', () => {
    const facts = { ...defined()[0]!.facts, args: [{ pipeline: 'nightly' }] };
    expect(diffSchedules(defined(), applied(defined(), { facts }), OWN)).toMatchObject([
      { change: 'update', changedByHand: true },
    ]);
    // Somebody replaced what it starts: the mark that was on it is gone.
    expect(diffSchedules(defined(), applied(defined(), { facts, fingerprint: undefined }), OWN)).toMatchObject([
      { changedByHand: true },
    ]);
    expect(diffSchedules(defined({ cron: '1 2 * * *' }), applied(defined()), OWN)).toMatchObject([
      { change: 'update', changedByHand: false },
    ]);
  });

  it('never shows a row that is inline in an input', () => {
    const [one] = defined();
    const facts = (rows: unknown) => ({ ...one!.facts, args: [{ input: { tables: [{ source: { rows } }] } }] });
    const [change] = diffSchedules(
      [{ ...one!, facts: facts([{ name: 'Bond' }]) }],
      applied([one!], { facts: facts([{ name: 'Bill' }]) }),
      OWN,
    );
    expect(change?.differences).toEqual([{ what: 'input.tables.0.source.rows.0.name' }]);
  });
});

describe('Schedules that are not in the config', () => {
  const old = { scheduleId: 'tidemark/old', pipeline: 'old' };

  it('are deleted when they are this project’s, and left alone otherwise', () => {
    const ours = applied(defined(), old);
    expect(diffSchedules([], ours, OWN)).toMatchObject([{ scheduleId: 'tidemark/old', change: 'delete' }]);
    for (const owner of [undefined, 'warehouse'])
      expect(diffSchedules([], applied(defined(), { ...old, owner }), OWN)).toEqual([]);
  });
});

describe('a Schedule of the same id that is another’s', () => {
  it.each([undefined, 'warehouse'])('is refused (owner %s), even where it is equal', (owner) => {
    expect(diffSchedules(defined(), applied(defined(), { owner }), OWN)).toMatchObject([{ change: 'refused', owner }]);
  });

  it('is replaced when it is to be adopted', () => {
    const live = applied(defined(), { owner: 'warehouse' });
    expect(diffSchedules(defined(), live, { ...OWN, adopt: true })).toMatchObject([
      { change: 'update', differences: [{ what: 'project', from: 'warehouse', to: 'shop' }], changedByHand: false },
    ]);
  });
});
