import type { Client } from '@temporalio/client';
import { runLane, type Lane } from './lane.js';
import { planFaults, type Fault } from './plan.js';
import { reportOf, type ScenarioReport } from './report.js';
import type { Scenario } from './scenario.js';

/** What campaigns of all kinds need. */
export interface CommonCampaignOptions {
  seed: number;
  /** Faults that must have occurred. */
  faults: number;
  /** Only faults whose description holds this text, such as `kill-late @ imports.complete`. */
  only?: string;
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

export interface CampaignOptions extends CommonCampaignOptions {
  scenario: Scenario;
}

/** Runs a scenario again and again, a fault or two in each run, until enough have occurred or none are left. */
export async function runCampaign(options: CampaignOptions): Promise<ScenarioReport> {
  const lanes = lanesOf(options).map((lane) =>
    runLane(lane).catch((error: unknown) => {
      // The other lanes go on for a while: nobody should wait for them to learn of it.
      options.say(`lane ${lane.number} broke: ${String(error)}`);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(lanes);
  const broken = outcomes.find((outcome) => outcome.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  return reportOf(options.scenario.name, done);
}

/** Lanes have their own part of the plan and their own random numbers: the same seed and number of lanes give the same runs. */
function lanesOf(options: CampaignOptions): Lane[] {
  const { scenario, seed, faults } = options;
  const lanes = Math.min(options.lanes, faults);
  // Some moments never come (a call that a run does not make): a few more are planned.
  const planned = planFaults(scenario.direction, seed, Math.ceil(faults * 1.3) + 2 * lanes, options.only);
  return Array.from({ length: lanes }, (_, index) => ({
    options,
    number: index + 1,
    wanted: Math.floor((faults + index) / lanes),
    queue: dealt(planned, lanes, index).map((fault) => ({ fault, tries: 0 })),
  }));
}

/** A lane's share of the plan, in its order: of every family its part. */
function dealt(planned: readonly Fault[], lanes: number, lane: number): Fault[] {
  const seen = new Map<string, number>();
  return planned.filter(({ family }) => {
    const before = seen.get(family) ?? 0;
    seen.set(family, before + 1);
    return before % lanes === lane;
  });
}
