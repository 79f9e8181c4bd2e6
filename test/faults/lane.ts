import type { CampaignOptions } from './campaign.js';
import { Findings } from './findings.js';
import { Place } from './place.js';
import { describeFault, type Fault } from './plan.js';
import { Random } from './random.js';
import type { LaneOutcome } from './report.js';
import { runOnce, type RunOutcome } from './run-once.js';

interface Item {
  fault: Fault;
  tries: number;
}

/** What one lane does, all by itself. */
export interface Lane {
  options: CampaignOptions;
  /** From 1. */
  number: number;
  /** Faults that must have occurred here. */
  wanted: number;
  queue: Item[];
}

/** A fault is tried so often before it counts as missed. */
const TRIES = 3;

/** One run after the other in one place. After a run in which something was found the next one gets a new place. */
export async function runLane(lane: Lane): Promise<LaneOutcome<Fault>> {
  const { options, queue, wanted } = lane;
  const { scenario, seed, client } = options;
  const random = new Random(seed * 1_000 + lane.number);
  const laneName = `faults-${scenario.name}-${seed}-${lane.number}-${process.pid}`;
  let where = laneName;
  const findings = new Findings(() => where);
  const outcome: LaneOutcome<Fault> = { findings, made: [], missed: 0, runs: 0 };
  let place: Place | undefined;
  try {
    while (outcome.made.length < wanted && queue.length > 0) {
      outcome.runs += 1;
      const items = takeSome(queue, random, wanted - outcome.made.length);
      const workflowId = `${laneName}/${outcome.runs}`;
      where = `${workflowId} (${items.map(({ fault }) => describeFault(fault)).join(', ')})`;
      const before = findings.total();
      place ??= await Place.open({ ...options, name: `${laneName}-${outcome.runs}`, random, findings });
      const faults = items.map(({ fault }) => fault);
      const run = await runOnce({ stage: place.stage, scenario, client, workflowId, faults });
      for (const id of run.workflowIds) await place.searchHistory(client, id);
      settle(lane, outcome, items, run);
      options.say(`${outcome.made.length}/${wanted} ${where}: ${inWords(run)}`);
      if (findings.total() > before) {
        await place.close();
        place = undefined;
      }
    }
  } finally {
    await place?.close();
  }
  return outcome;
}

/** Counts the faults that occurred, and puts the others back. */
function settle({ queue }: Lane, outcome: LaneOutcome<Fault>, items: readonly Item[], { made }: RunOutcome): void {
  for (const [index, item] of items.entries()) {
    if (made[index] === true) outcome.made.push(item.fault);
    else if (item.tries + 1 < TRIES) queue.push({ ...item, tries: item.tries + 1 });
    else outcome.missed += 1;
  }
}

function inWords({ seconds, repeats, made, stuck }: RunOutcome): string {
  return `${seconds.toFixed(1)} s, ${repeats} repeats${made.includes(false) ? ', a fault did not occur' : ''}${stuck ? ', STUCK' : ''}`;
}

/** One fault, or two of which at most one befalls a process. */
function takeSome(queue: Item[], random: Random, wanted: number): Item[] {
  const [first] = queue.splice(0, 1);
  if (first === undefined) return [];
  const second = queue.findIndex(({ fault }) => first.fault.family === 'call' || fault.family === 'call');
  if (second < 0 || wanted < 2 || random.next() < 0.4) return [first];
  return [first, ...queue.splice(second, 1)];
}
