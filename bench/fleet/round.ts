import { setTimeout as sleep } from 'node:timers/promises';
import { readWatermarks } from '../../workers/client/index.js';
import { INGEST_KEY } from '../../contracts/watermark.js';
import { refuseWrong, wrongInCount, wrongInResult, wrongInTable, wrongInWatermark } from './check.js';
import { eventCounts, meanGrowth } from './event-counts.js';
import { inLanes } from './in-lanes.js';
import { machineTimes } from './process-cpu.js';
import { runHistory, type RunHistory } from './run-history.js';
import { applyFleet, dueTimes, type DueTimes } from './schedules.js';
import type { FleetSurroundings } from './surroundings.js';
import { contentOf } from './tables.js';
import type { FleetWorkers } from './workers.js';

/** Every pipeline has run once, by its Schedule. */
export interface FleetRound {
  due: DueTimes;
  runs: RunHistory[];
  /** Mean of all runs; null where the server has no such workflow. */
  events: { watermark: number | null; schedule: number | null };
  /** Milliseconds per run. */
  cpu: { workers: number; temporal: number | null; postgres: number | null; busy: number };
  serverBytesPerRun: number | null;
}

export interface RoundOptions {
  /** From the first due time to the last. */
  overSeconds: number;
  /** Which run of each pipeline this is, from 1. */
  number: number;
  /** What preparing takes at most: the first is due after that. */
  leadSeconds: number;
}

/** Seconds before the first due time by which everything must be prepared. */
const CALM_SECONDS = 1;
const LANES = 8;
/** Without another end for so long, the benchmark fails. */
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 250;

export async function runRound(
  around: FleetSurroundings,
  workers: FleetWorkers,
  { overSeconds, number, leadSeconds }: RoundOptions,
): Promise<FleetRound> {
  const { fleet, temporal, database } = around;
  const { pipelines, rows } = fleet;
  const due = dueTimes(pipelines.length, leadSeconds, overSeconds);
  await applyFleet(temporal, fleet, due.of);
  const eventsBefore = await eventCounts(temporal.client, pipelines);
  const calm = due.first.getTime() - CALM_SECONDS * 1_000 - Date.now();
  if (calm < 0) throw new Error('Preparing took longer than was foreseen: this machine is too busy to measure on.');
  await sleep(calm);
  const before = await usage(around, workers);

  const runs = `TaskQueue = '${fleet.taskQueue}' AND WorkflowType = 'tidemarkRun' AND StartTime >= '${due.first.toISOString()}'`;
  await Promise.race([untilEnded(around, runs), workers.failed]);
  const after = await usage(around, workers);
  const eventsAfter = await eventCounts(temporal.client, pipelines);

  const { workflow } = temporal.client;
  const idOf = (name: string, index: number): string => `tidemark/run/${name}-${asInIds(due.of(index))}`;
  const found = await inLanes(pipelines, LANES, async ({ name }, index) => {
    const result: unknown = await workflow.getHandle(idOf(name, index)).result();
    const { watermarks } = await readWatermarks(temporal, name);
    return [
      wrongInResult({ pipeline: name, number, rows }, result),
      wrongInWatermark(name, number, watermarks[INGEST_KEY]?.value),
    ];
  });
  const tables = await contentOf(
    database,
    pipelines.map(({ table }) => table),
  );
  refuseWrong([
    wrongInCount(pipelines.length, (await workflow.count(runs)).count),
    ...found.flat(),
    ...pipelines.map(({ name }, index) => {
      const content = tables[index];
      return content === undefined ? `${name}: it has no table` : wrongInTable(name, number, rows, content);
    }),
  ]);
  return {
    due,
    runs: await inLanes(pipelines, LANES, ({ name }, index) => runHistory(temporal.client, idOf(name, index))),
    events: {
      watermark: meanGrowth(eventsBefore.watermark, eventsAfter.watermark),
      schedule: meanGrowth(eventsBefore.schedule, eventsAfter.schedule),
    },
    ...perRun(before, after, pipelines.length),
  };
}

/** As the server ends the ids of a Schedule's runs. */
const asInIds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/u, 'Z');

async function untilEnded({ temporal, fleet }: FleetSurroundings, runs: string): Promise<void> {
  let ended = 0;
  let since = Date.now();
  for (;;) {
    const { count } = await temporal.client.workflow.count(`${runs} AND ExecutionStatus != 'Running'`);
    if (count >= fleet.pipelines.length) return;
    if (count > ended) [ended, since] = [count, Date.now()];
    if (Date.now() - since > PATIENCE_MS)
      throw new Error(`${count} of ${fleet.pipelines.length} runs have ended, and no other one for two minutes.`);
    await sleep(LOOK_EVERY_MS);
  }
}

interface Usage {
  workers: number;
  temporal: number | undefined;
  postgres: number | undefined;
  machine: { busy: number; all: number };
  serverBytes: number | undefined;
}

async function usage(around: FleetSurroundings, workers: FleetWorkers): Promise<Usage> {
  return {
    workers: await workers.cpuSeconds(),
    ...around.cpuSeconds(),
    machine: machineTimes(),
    serverBytes: await around.serverBytes(),
  };
}

function perRun(before: Usage, after: Usage, runs: number): Pick<FleetRound, 'cpu' | 'serverBytesPerRun'> {
  const growth = (key: 'workers' | 'temporal' | 'postgres' | 'serverBytes'): number | null => {
    const [begin, end] = [before[key], after[key]];
    return begin === undefined || end === undefined ? null : Math.max(0, end - begin) / runs;
  };
  const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1_000);
  const busy = after.machine.busy - before.machine.busy;
  return {
    cpu: {
      workers: milliseconds(growth('workers')) ?? 0,
      temporal: milliseconds(growth('temporal')),
      postgres: milliseconds(growth('postgres')),
      busy: busy / Math.max(1, after.machine.all - before.machine.all),
    },
    serverBytesPerRun: growth('serverBytes'),
  };
}
