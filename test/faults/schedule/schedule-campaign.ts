import { setTimeout as sleep } from 'node:timers/promises';
import { SHAPES, wordMark, type SecretMark } from '../../support/secret-scan.js';
import type { CommonCampaignOptions } from '../campaign.js';
import { runInLanes, type FaultyRun, type LanePlace, type LaneStart } from '../lanes.js';
import type { ScenarioReport } from '../report.js';
import { TargetTable } from '../target-table.js';
import { describeTimedFault } from '../timed-fault.js';
import { ChangingSource } from './changing-source.js';
import { CommitLog } from './commit-log.js';
import { untilNoneIsOpen, untilRunEnded } from './executions.js';
import { makeFault } from './inject.js';
import { judgeSchedule } from './judge-schedule.js';
import { MarkWatch } from './mark-watch.js';
import { allPipelines } from './pipelines.js';
import { planScheduleFaults, type ScheduleFault } from './plan.js';
import { ScheduleCell } from './schedule-cell.js';
import { STUCK_AFTER_MS } from './span.js';

/**
 * Schedules that fire every few seconds while what they read goes on changing, and one fault after the other. There is one place,
 * whatever `lanes` says: it has a Temporal server of its own, which the faults are about.
 */
export function runScheduleCampaign(options: CommonCampaignOptions): Promise<ScenarioReport> {
  const { seed, only, bundle, say } = options;
  return runInLanes(
    {
      name: 'schedule',
      plan: (count) => planScheduleFaults(seed, count, only),
      describe: describeTimedFault,
      open: (lane) => SchedulePlace.open(lane, { bundle, seed, say }),
    },
    { ...options, lanes: 1 },
  );
}

class SchedulePlace implements LanePlace<ScheduleFault> {
  private readonly source: ChangingSource;
  private readonly log: CommitLog;
  private readonly targets: ReadonlyMap<string, TargetTable>;
  private readonly watch: MarkWatch;

  private constructor(
    private readonly cell: ScheduleCell,
    private readonly lane: LaneStart,
    seed: number,
    private readonly say: (line: string) => void,
  ) {
    const { findings, word } = lane;
    const { database, pipelines } = cell;
    this.log = new CommitLog(database);
    this.targets = new Map(
      pipelines.ingests.map(({ pipeline, table }) => [
        pipeline,
        new TargetTable({ database, findings, name: table, isKeyed: false }),
      ]),
    );
    this.source = new ChangingSource(cell, [...this.targets.values()], seed, word);
    this.watch = new MarkWatch(cell, findings, this.targets);
  }

  /** From here on the Schedules fire; returns when each has brought something. */
  static async open(
    lane: LaneStart,
    { bundle, seed, say }: Pick<CommonCampaignOptions, 'bundle' | 'seed' | 'say'>,
  ): Promise<SchedulePlace> {
    const cell = await ScheduleCell.start({ ...lane, bundle });
    try {
      const place = new SchedulePlace(cell, lane, seed, say);
      await place.log.install();
      await place.source.start();
      place.watch.start();
      const began = new Date();
      await cell.apply();
      await place.untilEachHasRun(began, 'at the beginning');
      return place;
    } catch (error) {
      await cell.stop();
      throw error;
    }
  }

  /** A fault, and until the runs go on: not longer, so that the next one meets what this one has left behind. */
  async run({ fault }: { fault: ScheduleFault }): Promise<FaultyRun> {
    const { cell, log, targets } = this;
    const began = performance.now();
    const [target] = targets.values();
    const made = target !== undefined && (await makeFault(fault, { cell, target }));
    const before = await log.runs();
    const batches = await log.count();
    while ((await log.runs()).size === before.size) {
      if (performance.now() - began > STUCK_AFTER_MS) {
        const since = (await log.count()) - batches;
        this.lane.findings.add('stuck', `no new run has committed anything since; those there were, ${since} batches`);
        break;
      }
      await sleep(100);
    }
    return { workflowIds: [], made, seconds: (performance.now() - began) / 1_000 };
  }

  /**
   * Nothing changes any more. The Schedules are paused before the runs that wait are waited for: on a slow machine they fire faster than
   * runs end. What each starts once more brings the rest, and what is there is judged.
   */
  async conclude(): Promise<number> {
    const { cell, source, log, watch, targets, say } = this;
    const { findings } = this.lane;
    await source.stop();
    await cell.pause();
    await this.untilNoneIsOpen();
    const began = new Date();
    await cell.trigger();
    await this.untilEachHasRun(began, 'at the end');
    await this.untilNoneIsOpen();
    await watch.stop();
    const marks = await this.marks();
    const { fired, runs, batches } = await judgeSchedule({ cell, source, log, watch, targets, marks, findings });
    const versions = [...source.models.values()].reduce((sum, model) => sum + model.versions(), 0);
    say(
      `${source.rows} rows and ${versions} versions of records came to the sources; the Schedules fired ${fired} times; ` +
        `${runs} runs committed ${batches} batches; watermarks were seen ${watch.seen.workflow} times at the workflows, ` +
        `${watch.seen.target} times at the target`,
    );
    return runs;
  }

  async marks(): Promise<SecretMark[]> {
    const { database, titan } = this.cell;
    const tokens = await titan.sandbox.issuedTokens();
    return [
      ...SHAPES,
      wordMark('the password', database.access.password),
      wordMark('the client secret', titan.clientSecret),
      wordMark('a row', this.lane.word),
      ...tokens.map((token) => wordMark('an access token', token)),
    ];
  }

  async stop(): Promise<string[]> {
    await Promise.all([this.source.stop(), this.watch.stop()]).catch(() => undefined);
    return this.cell.stop();
  }

  private async untilNoneIsOpen(): Promise<void> {
    for (const found of await untilNoneIsOpen(this.cell.connection.client, STUCK_AFTER_MS))
      this.lane.findings.add('stuck', `${found}, and no run has ended for ${STUCK_AFTER_MS / 1_000} s`);
  }

  private async untilEachHasRun(since: Date, when: string): Promise<void> {
    const { client } = this.cell.connection;
    for (const pipeline of allPipelines(this.cell.pipelines))
      if (!(await untilRunEnded(client, pipeline, since, STUCK_AFTER_MS)))
        this.lane.findings.add('stuck', `${when}: no run of ${pipeline} ended within ${STUCK_AFTER_MS / 1_000} s`);
  }
}
