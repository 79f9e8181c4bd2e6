import type { Findings, Tally } from './findings.js';

/** One scenario's line of the report. */
export interface ScenarioReport extends Record<Tally, number> {
  scenario: string;
  /** Faults that occurred, each proven. */
  faults: number;
  kinds: Record<string, number>;
  /** How often each kind befell each call, where the plan goes over all of them: `kill-late @ profileimport`. */
  places?: Record<string, number>;
  /** Those among them that no fault has befallen: empty when the plan was gone over whole. */
  placesLeft?: string[];
  runs: number;
  /** Planned faults whose moment never came, so that they are not counted. */
  missed: number;
  findings: string[];
}

/** What has come of one lane: one place of a campaign, where runs follow each other. */
export interface LaneOutcome<Fault extends { kind: string } = { kind: string }> {
  findings: Findings;
  /** Faults that occurred. */
  made: Fault[];
  missed: number;
  runs: number;
}

export function reportOf(scenario: string, lanes: readonly LaneOutcome[]): ScenarioReport {
  const made = lanes.flatMap((lane) => lane.made);
  const kinds: Record<string, number> = {};
  for (const { kind } of made) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const sum = (of: (lane: LaneOutcome) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
  const tally = (key: Tally): number => sum(({ findings }) => findings[key]);
  return {
    scenario,
    faults: made.length,
    kinds,
    runs: sum(({ runs }) => runs),
    rowsExpected: tally('rowsExpected'),
    lost: tally('lost'),
    duplicated: tally('duplicated'),
    wrong: tally('wrong'),
    watermarkWentBack: tally('watermarkWentBack'),
    overlapped: tally('overlapped'),
    stuck: tally('stuck'),
    leaked: tally('leaked'),
    missed: sum(({ missed }) => missed),
    findings: lanes.flatMap(({ findings }) => findings.words),
  };
}
