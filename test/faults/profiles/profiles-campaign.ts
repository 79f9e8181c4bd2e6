import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { leaksIn, leaksInHistory, SHAPES, wordMark } from '../../support/secret-scan.js';
import type { CommonCampaignOptions, ScenarioReport } from '../campaign.js';
import { Findings } from '../findings.js';
import { Random } from '../random.js';
import { describeProfileFault, placeNames, placeOf, planProfileFaults, type ProfileFault } from './plan.js';
import { ProfilesCell } from './profiles-cell.js';
import { Readback } from './readback.js';
import { runProfiles } from './run.js';
import { FIELDS, FORM, PROFILES, Squad } from './squad.js';

/** A fault is tried so often before it counts as missed. */
const TRIES = 3;

interface Lane {
  findings: Findings;
  made: ProfileFault[];
  missed: number;
  runs: number;
}

/** Upserts the same profiles again and again, with other values and one fault in each run, until enough have occurred or none are left. */
export async function runProfilesCampaign(options: CommonCampaignOptions): Promise<ScenarioReport> {
  const { seed, faults } = options;
  const count = Math.min(options.lanes, faults);
  const planned = planProfileFaults(seed, Math.ceil(faults * 1.3) + 2 * count, PROFILES, options.only);
  const lanes = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      runLane(options, {
        number: index + 1,
        wanted: Math.floor((faults + index) / count),
        queue: planned.filter((__, position) => position % count === index),
      }),
    ),
  );
  const made = lanes.flatMap((lane) => lane.made);
  const places = counted(made.map(placeOf));
  const sum = (of: (lane: Lane) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
  return {
    scenario: 'profiles',
    faults: made.length,
    kinds: counted(made.map(({ kind }) => kind)),
    places,
    placesLeft: placeNames(options.only).filter((name) => places[name] === undefined),
    runs: sum(({ runs }) => runs),
    rowsExpected: sum(({ findings }) => findings.rowsExpected),
    lost: sum(({ findings }) => findings.lost),
    duplicated: sum(({ findings }) => findings.duplicated),
    wrong: sum(({ findings }) => findings.wrong),
    watermarkWentBack: 0,
    stuck: sum(({ findings }) => findings.stuck),
    leaked: sum(({ findings }) => findings.leaked),
    missed: sum(({ missed }) => missed),
    findings: lanes.flatMap(({ findings }) => findings.words),
  };
}

async function runLane(
  options: CommonCampaignOptions,
  { number, wanted, queue }: { number: number; wanted: number; queue: ProfileFault[] },
): Promise<Lane> {
  const { seed, client, address, bundle, say } = options;
  const laneName = `faults-profiles-${seed}-${number}-${process.pid}`;
  const word = `rowmark${new Random(seed * 1_000 + number).below(1_000_000_000)}`;
  const lines: string[] = [];
  const folder = path.join(options.folder, laneName);
  await mkdir(folder, { recursive: true });
  let where = laneName;
  const findings = new Findings(() => where);
  const lane: Lane = { findings, made: [], missed: 0, runs: 0 };
  const { namespace } = client.options;
  const log = (line: string): void => void lines.push(line);
  const sandbox = { latencyMs: 15, forms: [{ name: FORM, fields: FIELDS }], users: madeUp(PROFILES) };
  const cell = await ProfilesCell.start({ name: laneName, folder, address, namespace, bundle, sandbox, log });
  const marks = async () => [
    ...SHAPES,
    wordMark('the password', cell.password),
    wordMark('a row', word),
    ...(await cell.sandbox.issuedSessions()).map((session) => wordMark('a session', session)),
  ];
  try {
    const squad = new Squad(cell, findings, await cell.sandbox.userIds(), word);
    const readback = new Readback(cell, findings);
    const waiting = queue.map((fault) => ({ fault, tries: 0 }));
    for (let item = waiting.shift(); item !== undefined && lane.made.length < wanted; item = waiting.shift()) {
      lane.runs += 1;
      const workflowId = `${laneName}/${lane.runs}`;
      where = `${workflowId} (${describeProfileFault(item.fault)})`;
      const run = await runProfiles({ cell, squad, readback, findings, client, workflowId, fault: item.fault });
      for (const id of run.workflowIds) {
        for (const leak of await leaksInHistory(client, { workflowId: id }, await marks()))
          findings.add('leaked', `${leak.mark} in ${leak.where}`);
      }
      if (run.made) lane.made.push(item.fault);
      else if (item.tries + 1 < TRIES) waiting.push({ fault: item.fault, tries: item.tries + 1 });
      else lane.missed += 1;
      say(
        `${lane.made.length}/${wanted} ${where}: ${run.seconds.toFixed(1)} s${run.made ? '' : ', the fault did not occur'}`,
      );
    }
    const found = await marks();
    for (const line of lines)
      for (const leak of leaksIn(line, 'a log line', found)) findings.add('leaked', `${leak.mark} in ${leak.where}`);
  } finally {
    const left = await cell.stop();
    findings.expect(left.length === 0, `temporary files are left: ${left.join(', ')}`);
  }
  return lane;
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Athletes that nobody has ever met. */
function madeUp(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    username: `athlete.${index + 1}`,
    email: `athlete.${index + 1}@example.com`,
    firstName: 'Athlete',
    lastName: `Number ${index + 1}`,
  }));
}
