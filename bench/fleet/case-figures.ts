import { median, medianOf } from '../rounds.js';
import { secondsOf, type FleetFigures, type Seconds } from './figures.js';
import type { FleetRound } from './round.js';
import type { RunHistory } from './run-history.js';

export interface CaseFacts extends Pick<FleetFigures, 'workers' | 'overSeconds' | 'applySeconds' | 'memory'> {
  rounds: readonly FleetRound[];
}

/** The figures of a case: times and events of all runs of all rounds, everything else as the median of the rounds. */
export function fleetFigures({ rounds, ...facts }: CaseFacts): FleetFigures {
  const runs = rounds.flatMap(({ runs, due }) => runs.map((run, index) => ({ run, due: due.of(index).getTime() })));
  const fromDue = (moment: (run: RunHistory) => number): Seconds =>
    secondsOf(runs.map(({ run, due }) => (moment(run) - due) / 1_000));
  const mean = (count: (run: RunHistory) => number): number =>
    runs.reduce((sum, { run }) => sum + count(run), 0) / runs.length;
  const middle = (value: (round: FleetRound) => number | null): number | null =>
    medianOf(rounds, (round) => value(round) ?? undefined) ?? null;
  return {
    ...facts,
    pipelines: rounds[0]?.runs.length ?? 0,
    runsPerSecond: median(rounds.map(runsPerSecondOf)),
    fromDue: {
      toStart: fromDue(({ started }) => started),
      toWorker: fromDue(({ onWorker }) => onWorker),
      toFirstStep: fromDue(({ firstStep }) => firstStep),
      toRows: fromDue(({ rows }) => rows),
      toEnd: fromDue(({ ended }) => ended),
    },
    events: {
      run: mean(({ events }) => events.run),
      pipeline: mean(({ events }) => events.pipeline),
      watermark: middle(({ events }) => events.watermark) ?? 0,
      schedule: middle(({ events }) => events.schedule),
    },
    cpu: {
      workers: middle(({ cpu }) => cpu.workers) ?? 0,
      temporal: middle(({ cpu }) => cpu.temporal),
      postgres: middle(({ cpu }) => cpu.postgres),
      busy: middle(({ cpu }) => cpu.busy) ?? 0,
    },
    serverBytesPerRun: middle(({ serverBytesPerRun }) => serverBytesPerRun),
  };
}

function runsPerSecondOf({ runs, due }: FleetRound): number {
  const lastEnd = Math.max(...runs.map(({ ended }) => ended));
  return runs.length / ((lastEnd - due.first.getTime()) / 1_000);
}
