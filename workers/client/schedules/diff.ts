import type { ScheduleDefinition } from './definition.js';
import { timesOf, type ScheduleFacts } from './facts.js';
import type { LiveSchedule } from './live.js';

/** One thing about a Schedule that is not as the config says. */
export interface Difference {
  what: string;
  /** Left out where the value may be long or is of no use to see. */
  from?: string;
  to?: string;
}

export interface ScheduleChange {
  scheduleId: string;
  pipeline: string;
  /** `refused`: a Schedule of that id is there and is not this project's. */
  change: 'create' | 'update' | 'delete' | 'unchanged' | 'refused';
  differences: Difference[];
  /** The config is as it was when it was last applied: somebody changed the Schedule itself. */
  changedByHand: boolean;
  /** What a new one would have: for the list that a person sees. Of a deleted one: what it had. */
  times: string;
  /** Of one that is refused: whose it is; undefined when it is nobody's that we know. */
  owner?: string | undefined;
  definition?: ScheduleDefinition;
}

/**
 * What has to happen so that the live Schedules are those of the config. Only those that `owner` owns are deleted or changed; one that
 * has the id and another owner is refused, unless it is to be adopted, which makes it anew.
 */
export function diffSchedules(
  defined: readonly ScheduleDefinition[],
  live: readonly LiveSchedule[],
  { owner, adopt = false }: { owner: string; adopt?: boolean },
): ScheduleChange[] {
  const byId = new Map(live.map((schedule) => [schedule.scheduleId, schedule]));
  const wanted = new Set(defined.map(({ scheduleId }) => scheduleId));
  const gone = live.filter((schedule) => schedule.owner === owner && !wanted.has(schedule.scheduleId));
  return [
    ...defined.map((definition) => changeOf(definition, byId.get(definition.scheduleId), owner, adopt)),
    ...gone.map(({ scheduleId, pipeline, facts }) => ({
      scheduleId,
      pipeline,
      change: 'delete' as const,
      differences: [],
      changedByHand: false,
      times: timesOf(facts),
    })),
  ];
}

function changeOf(
  definition: ScheduleDefinition,
  live: LiveSchedule | undefined,
  owner: string,
  adopt: boolean,
): ScheduleChange {
  const { scheduleId, pipeline, facts } = definition;
  const change = {
    scheduleId,
    pipeline,
    differences: [],
    changedByHand: false,
    times: timesOf(facts),
    definition,
  };
  if (live === undefined) return { ...change, change: 'create' };
  if (live.owner !== owner && !adopt) return { ...change, change: 'refused', owner: live.owner };
  const differences = [
    ...(live.owner === owner ? [] : [{ what: 'project', from: live.owner ?? 'none', to: owner }]),
    ...factDifferences(live.facts, facts),
    ...pausedDifference(definition, live),
  ];
  if (differences.length === 0) return { ...change, change: 'unchanged' };
  const sameConfig = live.fingerprint === undefined || live.fingerprint === definition.fingerprint;
  return { ...change, change: 'update', differences, changedByHand: sameConfig && live.owner === owner };
}

function factDifferences(from: ScheduleFacts, to: ScheduleFacts): Difference[] {
  const words = Object.keys(to.words).flatMap((what): Difference[] => {
    const [before, after] = [from.words[what] ?? '', to.words[what] ?? ''];
    if (before === after) return [];
    return what === 'details' ? [{ what }] : [{ what, from: before, to: after }];
  });
  return [...words, ...argDifferences(from.args, to.args)];
}

/** The places of the input that differ. A value may be rows that a caller passes inline: only scalars are shown, and none of those. */
function argDifferences(from: unknown, to: unknown): Difference[] {
  const places = differingPlaces(from, to, []);
  return places.map(({ path, from: before, to: after }) => {
    // The one argument: its place in the list says nothing to a person.
    const what = path.slice(1).join('.') || 'input';
    return path.includes('rows') ? { what } : { what, ...shown('from', before), ...shown('to', after) };
  });
}

interface Place {
  path: string[];
  from: unknown;
  to: unknown;
}

function differingPlaces(from: unknown, to: unknown, path: string[]): Place[] {
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => differingPlaces(from[key], to[key], [...path, key]));
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
}

/** Lists count as records of their numbers. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown<Key extends 'from' | 'to'>(key: Key, value: unknown): Partial<Record<Key, string>> {
  const text = value === undefined ? 'nothing' : isRecord(value) ? undefined : JSON.stringify(value);
  // A computed key loses its type.
  return (text === undefined ? {} : { [key]: text }) as Partial<Record<Key, string>>;
}

function pausedDifference({ paused }: ScheduleDefinition, live: LiveSchedule): Difference[] {
  if (paused === undefined || paused === live.paused) return [];
  const word = (value: boolean) => (value ? 'yes' : 'no');
  return [{ what: 'paused', from: word(live.paused), to: word(paused) }];
}
