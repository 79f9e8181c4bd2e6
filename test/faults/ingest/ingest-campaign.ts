import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { leaksIn, leaksInHistory, SHAPES, wordMark, type SecretMark } from '../../support/secret-scan.js';
import type { CommonCampaignOptions, ScenarioReport } from '../campaign.js';
import { Findings } from '../findings.js';
import { Random } from '../random.js';
import { IngestCell } from './ingest-cell.js';
import { Ledger } from './ledger.js';
import { describeIngestFault, planIngestFaults, type IngestFault } from './plan.js';
import { runIngest } from './run.js';

export interface IngestScenario {
  name: 'ingest-no-key' | 'ingest-key';
  isKeyed: boolean;
}
export const ingestScenarios: readonly IngestScenario[] = [
  { name: 'ingest-no-key', isKeyed: false },
  { name: 'ingest-key', isKeyed: true },
];

/** So many runs share a source and a target: then both begin anew, or comparing them would take longer than filling them. */
const RUNS_OF_A_LEDGER = 6;
/** A fault is tried so often before it counts as missed. */
const TRIES = 3;

interface Lane {
  findings: Findings;
  made: IngestFault[];
  missed: number;
  runs: number;
}

/** Runs ingests again and again, one fault in each, until enough have occurred or none are left. */
export async function runIngestCampaign(
  scenario: IngestScenario,
  options: CommonCampaignOptions,
): Promise<ScenarioReport> {
  const { seed, faults } = options;
  const count = Math.min(options.lanes, faults);
  const planned = planIngestFaults(seed, Math.ceil(faults * 1.3) + 2 * count, options.only);
  const lanes = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      runLane(scenario, options, {
        number: index + 1,
        wanted: Math.floor((faults + index) / count),
        queue: planned.filter((__, position) => position % count === index),
      }),
    ),
  );
  const made = lanes.flatMap((lane) => lane.made);
  const kinds: Record<string, number> = {};
  for (const { kind } of made) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const sum = (of: (lane: Lane) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
  return {
    scenario: scenario.name,
    faults: made.length,
    kinds,
    runs: sum(({ runs }) => runs),
    rowsExpected: sum(({ findings }) => findings.rowsExpected),
    lost: sum(({ findings }) => findings.lost),
    duplicated: sum(({ findings }) => findings.duplicated),
    wrong: sum(({ findings }) => findings.wrong),
    watermarkWentBack: sum(({ findings }) => findings.watermarkWentBack),
    stuck: sum(({ findings }) => findings.stuck),
    leaked: sum(({ findings }) => findings.leaked),
    missed: sum(({ missed }) => missed),
    findings: lanes.flatMap(({ findings }) => findings.words),
  };
}

async function runLane(
  { name, isKeyed }: IngestScenario,
  options: CommonCampaignOptions,
  { number, wanted, queue }: { number: number; wanted: number; queue: IngestFault[] },
): Promise<Lane> {
  const { seed, client, address, bundle, say } = options;
  const random = new Random(seed * 1_000 + number);
  const laneName = `faults-${name}-${seed}-${number}-${process.pid}`;
  const word = `rowmark${random.below(1_000_000_000)}`;
  const lines: string[] = [];
  const folder = path.join(options.folder, laneName);
  await mkdir(folder, { recursive: true });
  let where = laneName;
  const findings = new Findings(() => where);
  const lane: Lane = { findings, made: [], missed: 0, runs: 0 };
  const { namespace } = client.options;
  const log = (line: string): void => void lines.push(line);
  const cell = await IngestCell.start({ name: laneName, folder, address, namespace, bundle, log });
  const marks = [...SHAPES, wordMark('the password', cell.server.access.password), wordMark('a row', word)];
  try {
    const ledger = new Ledger(cell, findings, random, isKeyed, word);
    const waiting = queue.map((fault) => ({ fault, tries: 0 }));
    for (let item = waiting.shift(); item !== undefined && lane.made.length < wanted; item = waiting.shift()) {
      if (lane.runs % RUNS_OF_A_LEDGER === 0) await ledger.begin();
      lane.runs += 1;
      const workflowId = `${laneName}/${lane.runs}`;
      where = `${workflowId} (${describeIngestFault(item.fault)})`;
      const run = await runIngest({ cell, ledger, findings, client, workflowId, fault: item.fault });
      for (const id of run.workflowIds) await searchHistory(client, id, marks, findings);
      if (run.made) lane.made.push(item.fault);
      else if (item.tries + 1 < TRIES) waiting.push({ fault: item.fault, tries: item.tries + 1 });
      else lane.missed += 1;
      say(
        `${lane.made.length}/${wanted} ${where}: ${run.seconds.toFixed(1)} s${run.made ? '' : ', the fault did not occur'}`,
      );
    }
  } finally {
    const left = await cell.stop();
    findings.expect(left.length === 0, `temporary files are left: ${left.join(', ')}`);
  }
  for (const line of lines) {
    for (const leak of leaksIn(line, 'a log line', marks)) findings.add('leaked', `${leak.mark} in ${leak.where}`);
  }
  return lane;
}

async function searchHistory(client: Client, workflowId: string, marks: readonly SecretMark[], findings: Findings) {
  for (const leak of await leaksInHistory(client, { workflowId }, marks))
    findings.add('leaked', `${leak.mark} in ${leak.where}`);
}
