import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { leaksIn, leaksInHistory, SHAPES, wordMark } from '../support/secret-scan.js';
import { Cell } from './cell.js';
import { Findings, type Tally } from './findings.js';
import { describeFault, planFaults, type Fault } from './plan.js';
import { Random } from './random.js';
import { runOnce } from './run-once.js';
import { ABBREVIATION, BRANCH, SANDBOX_DOMAIN, TABLES, type Scenario, type Stage } from './scenario.js';
import { TableModel } from './table-model.js';

export interface CampaignOptions {
  scenario: Scenario;
  seed: number;
  /** Faults that must have occurred. */
  faults: number;
  /** Cells that work at the same time. */
  lanes: number;
  client: Client;
  address: string;
  bundle: string;
  /** A folder that goes when the campaign is over. */
  folder: string;
  /** Tells a person how it goes. */
  say: (line: string) => void;
}

/** One scenario's line of the report. */
export interface ScenarioReport {
  scenario: string;
  /** Faults that occurred, each proven. */
  faults: number;
  kinds: Record<string, number>;
  runs: number;
  rowsExpected: number;
  lost: number;
  duplicated: number;
  wrong: number;
  watermarkWentBack: number;
  stuck: number;
  leaked: number;
  /** Planned faults whose moment never came, so that they are not counted. */
  missed: number;
  findings: string[];
}

/** A fault is tried so often before it counts as missed. */
const TRIES = 3;

/** What one lane does, all by itself: the same seed and number of lanes plan the same runs. */
interface Lane {
  options: CampaignOptions;
  number: number;
  /** Faults that must have occurred here. */
  wanted: number;
  queue: { fault: Fault; tries: number }[];
}

interface LaneOutcome {
  findings: Findings;
  made: Fault[];
  missed: number;
  runs: number;
}

/** Runs a scenario again and again, a fault or two in each run, until enough have occurred or none are left. */
export async function runCampaign(options: CampaignOptions): Promise<ScenarioReport> {
  const outcomes = await Promise.allSettled(lanesOf(options).map(runLane));
  const broken = outcomes.find((outcome) => outcome.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  return report(options, done);
}

function lanesOf(options: CampaignOptions): Lane[] {
  const { scenario, seed, faults } = options;
  const lanes = Math.min(options.lanes, faults);
  // Some moments never come (a call that a run does not make): a few more are planned.
  const planned = planFaults(scenario.direction, seed, Math.ceil(faults * 1.3) + 2 * lanes);
  return Array.from({ length: lanes }, (_, index) => ({
    options,
    number: index + 1,
    wanted: Math.floor((faults + index) / lanes),
    queue: planned.filter((__, at) => at % lanes === index).map((fault) => ({ fault, tries: 0 })),
  }));
}

async function runLane(lane: Lane): Promise<LaneOutcome> {
  const { options, queue, wanted } = lane;
  const { scenario, seed, client } = options;
  const random = new Random(seed * 1_000 + lane.number);
  // In every row of this lane: wherever it is found outside of the tables, a row has leaked.
  const word = `rowmark${seed}x${lane.number}x${random.below(1_000_000)}`;
  const name = `faults-${scenario.name}-${seed}-${lane.number}-${process.pid}`;
  const lines: string[] = [];
  let where = name;
  const findings = new Findings(() => where);
  const cell = await startCell(options, name, (line) => lines.push(line));
  const marks = [...SHAPES, wordMark('the client secret', cell.clientSecret), wordMark('a row', word)];
  const tables = Object.entries(TABLES).map(
    ([table, size]) => [table, new TableModel(`${ABBREVIATION}_${table}`, size, word, random)] as const,
  );
  const stage: Stage = { cell, random, models: new Map(tables), findings };
  const outcome: LaneOutcome = { findings, made: [], missed: 0, runs: 0 };
  try {
    while (outcome.made.length < wanted && queue.length > 0) {
      const items = takeSome(queue, random, wanted - outcome.made.length);
      outcome.runs += 1;
      const workflowId = `${name}/${outcome.runs}`;
      where = `${workflowId} (${items.map(({ fault }) => describeFault(fault)).join(', ')})`;
      const run = await runOnce({ stage, scenario, client, workflowId, faults: items.map(({ fault }) => fault) });
      for (const [index, item] of items.entries()) {
        if (run.made[index] === true) outcome.made.push(item.fault);
        else if (item.tries + 1 < TRIES) queue.push({ ...item, tries: item.tries + 1 });
        else outcome.missed += 1;
      }
      for (const leak of await leaksInHistory(client, { workflowId }, marks)) addLeak(findings, leak);
      const missing = run.made.includes(false) ? ', a fault did not occur' : '';
      options.say(
        `${outcome.made.length}/${wanted} ${where}: ${run.seconds.toFixed(1)} s, ${run.repeats} repeats${missing}`,
      );
      if (run.stuck) break;
    }
  } finally {
    where = name;
    const left = await cell.stop();
    findings.expect(left.length === 0, `temporary files are left: ${left.join(', ')}`);
    for (const line of lines) for (const leak of leaksIn(line, 'a log line', marks)) addLeak(findings, leak, line);
  }
  return outcome;
}

async function startCell(options: CampaignOptions, name: string, log: (line: string) => void): Promise<Cell> {
  const folder = path.join(options.folder, name);
  await mkdir(folder, { recursive: true });
  const { address, bundle, client } = options;
  const sandbox = { branches: [{ name: BRANCH }], domains: [SANDBOX_DOMAIN], exportDelayMs: 300, importDelayMs: 200 };
  return Cell.start({ name, folder, address, namespace: client.options.namespace, bundle, sandbox, log });
}

/** One fault, or two of which at most one befalls a process. */
function takeSome(queue: Lane['queue'], random: Random, wanted: number): Lane['queue'] {
  const [first] = queue.splice(0, 1);
  if (first === undefined) return [];
  const second = queue.findIndex(({ fault }) => first.fault.family === 'call' || fault.family === 'call');
  if (second < 0 || wanted < 2 || random.next() < 0.4) return [first];
  return [first, ...queue.splice(second, 1)];
}

/** A log line says which message it is, never the rest of it. */
function addLeak(findings: Findings, leak: { mark: string; where: string }, line?: string): void {
  const message = line === undefined ? '' : ` (${/"message":"([^"]{0,40})/u.exec(line)?.[1] ?? 'of the runtime'})`;
  findings.add('leaked', `${leak.mark} in ${leak.where}${message}`);
}

function report({ scenario }: CampaignOptions, lanes: readonly LaneOutcome[]): ScenarioReport {
  const made = lanes.flatMap((lane) => lane.made);
  const kinds: Record<string, number> = {};
  for (const { kind } of made) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const all = lanes.map(({ findings }) => findings);
  const sum = (key: Tally) => all.reduce((total, findings) => total + findings[key], 0);
  return {
    scenario: scenario.name,
    faults: made.length,
    kinds,
    runs: lanes.reduce((total, { runs }) => total + runs, 0),
    rowsExpected: sum('rowsExpected'),
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    wrong: sum('wrong'),
    watermarkWentBack: sum('watermarkWentBack'),
    stuck: sum('stuck'),
    leaked: sum('leaked'),
    missed: lanes.reduce((total, { missed }) => total + missed, 0),
    findings: all.flatMap(({ words }) => words),
  };
}
