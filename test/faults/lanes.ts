import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { leaksIn, leaksInHistory, type SecretMark } from '../support/secret-scan.js';
import type { CommonCampaignOptions } from './campaign.js';
import { Findings } from './findings.js';
import { Random } from './random.js';
import { reportOf, type LaneOutcome, type ScenarioReport } from './report.js';

/** A fault is tried so often before it counts as missed. */
const TRIES = 3;

/** A scenario in which each run has one fault. */
export interface OneFaultScenario<Fault extends { kind: string }> {
  name: string;
  /** So many faults, in an order that the seed decides. */
  plan: (count: number) => Fault[];
  describe: (fault: Fault) => string;
  /** Where the plan goes over all combinations of kind and call: their names, and the one that a fault is. */
  places?: { all: readonly string[]; of: (fault: Fault) => string };
  /** Opens the place of one lane. */
  open: (lane: LaneStart) => Promise<LanePlace<Fault>>;
}

/** What a lane begins with. */
export interface LaneStart {
  /** Unique, and where its runs' workflow ids begin. */
  name: string;
  /** Of its own: it exists, and goes when the campaign is over. */
  folder: string;
  random: Random;
  /** To be in every row: found outside of the tables, a row has leaked. */
  word: string;
  findings: Findings;
  /** Takes every line that the place's programs print. */
  log: (line: string) => void;
}

export interface LanePlace<Fault> {
  /** One run with its fault, and its judge. `number` counts the lane's runs from 1. */
  run: (run: { workflowId: string; fault: Fault; number: number }) => Promise<FaultyRun>;
  /** What is to be judged when all faults have been made. Takes how many runs there were with a fault, returns how many in all. */
  conclude?: (runs: number) => Promise<number>;
  /** What must be in no history and no line. */
  marks: () => Promise<SecretMark[]>;
  /** Ends everything in order; names the temporary files that are left, which should be none. */
  stop: () => Promise<string[]>;
}

export interface FaultyRun {
  /** Whose histories are to be searched. */
  workflowIds: string[];
  /** Whether the fault really occurred. */
  made: boolean;
  seconds: number;
}

/** Runs again and again, in several places at the same time, until enough faults have occurred or none are left. */
export async function runInLanes<Fault extends { kind: string }>(
  scenario: OneFaultScenario<Fault>,
  options: CommonCampaignOptions,
): Promise<ScenarioReport> {
  const { faults } = options;
  const count = Math.min(options.lanes, faults);
  // Some moments never come: a few more are planned.
  const planned = scenario.plan(Math.ceil(faults * 1.3) + 2 * count);
  const lanes = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      runLane(scenario, options, {
        number: index + 1,
        wanted: Math.floor((faults + index) / count),
        queue: planned.filter((__, position) => position % count === index),
      }),
    ),
  );
  return { ...reportOf(scenario.name, lanes), ...placesOf(scenario, lanes) };
}

function placesOf<Fault extends { kind: string }>(
  { places }: OneFaultScenario<Fault>,
  lanes: readonly LaneOutcome<Fault>[],
): Pick<ScenarioReport, 'places' | 'placesLeft'> {
  if (places === undefined) return {};
  const made = lanes.flatMap((lane) => lane.made.map(places.of)).toSorted();
  const counts: Record<string, number> = {};
  for (const name of made) counts[name] = (counts[name] ?? 0) + 1;
  return { places: counts, placesLeft: places.all.filter((name) => counts[name] === undefined) };
}

async function runLane<Fault extends { kind: string }>(
  scenario: OneFaultScenario<Fault>,
  { seed, client, say, ...options }: CommonCampaignOptions,
  { number, wanted, queue }: { number: number; wanted: number; queue: Fault[] },
): Promise<LaneOutcome<Fault>> {
  const random = new Random(seed * 1_000 + number);
  const name = `faults-${scenario.name}-${seed}-${number}-${process.pid}`;
  const word = `rowmark${random.below(1_000_000_000)}`;
  const folder = path.join(options.folder, name);
  await mkdir(folder, { recursive: true });
  let where = name;
  const findings = new Findings(() => where);
  const lane: LaneOutcome<Fault> = { findings, made: [], missed: 0, runs: 0 };
  const lines: string[] = [];
  const leaked = ({ mark, where: place }: { mark: string; where: string }): void =>
    findings.add('leaked', `${mark} in ${place}`);
  const place = await scenario.open({ name, folder, random, word, findings, log: (line) => void lines.push(line) });
  let marks: SecretMark[] = [];
  try {
    const waiting = queue.map((fault) => ({ fault, tries: 0 }));
    for (let item = waiting.shift(); item !== undefined && lane.made.length < wanted; item = waiting.shift()) {
      const { fault, tries } = item;
      lane.runs += 1;
      const workflowId = `${name}/${lane.runs}`;
      where = `${workflowId} (${scenario.describe(fault)})`;
      const run = await place.run({ workflowId, fault, number: lane.runs });
      for (const id of run.workflowIds)
        for (const leak of await leaksInHistory(client, { workflowId: id }, await place.marks())) leaked(leak);
      if (run.made) lane.made.push(fault);
      else if (tries + 1 < TRIES) waiting.push({ fault, tries: tries + 1 });
      else lane.missed += 1;
      const told = `${run.seconds.toFixed(1)} s${run.made ? '' : ', the fault did not occur'}`;
      say(`${lane.made.length}/${wanted} ${where}: ${told}`);
    }
    where = name;
    lane.runs = (await place.conclude?.(lane.runs)) ?? lane.runs;
    marks = await place.marks();
  } finally {
    const left = await place.stop();
    findings.expect(left.length === 0, `temporary files are left: ${left.join(', ')}`);
  }
  for (const line of lines) for (const leak of leaksIn(line, 'a log line', marks)) leaked(leak);
  return lane;
}
