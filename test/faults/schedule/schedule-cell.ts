import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  applySchedules,
  connectTemporal,
  ownSchedule,
  pauseSchedule,
  planSchedules,
  projectOf,
  type TemporalClient,
} from '../../../workers/client/index.js';
import type { TidemarkConfig } from '../../../contracts/config.js';
import { RestartableTemporal } from '../../support/restartable-temporal.js';
import { JudgedPostgres } from '../judged-postgres.js';
import { BRANCH, SANDBOX_DOMAIN } from '../scenario.js';
import { filesBelow } from '../store-files.js';
import { TitanSystem } from '../titan-system.js';
import { Workers } from '../workers.js';
import { allPipelines, DATABASE, pipelinesOf, scheduledConfig, STORE, TENANT, type Pipelines } from './pipelines.js';

export interface ScheduleCellOptions {
  name: string;
  /** A folder of its own, that exists. */
  folder: string;
  bundle: string;
  /** Takes every line that its programs print. */
  log: (line: string) => void;
}

/** The place of the scenario: a Temporal server that can be restarted, a worker, a PostgreSQL and a sandbox of TitanRDM. */
export class ScheduleCell {
  private constructor(
    private readonly folder: string,
    private readonly config: TidemarkConfig,
    readonly pipelines: Pipelines,
    readonly temporal: RestartableTemporal,
    readonly connection: TemporalClient,
    readonly database: JudgedPostgres,
    readonly titan: TitanSystem,
    readonly workers: Workers,
  ) {}

  static async start({ name, folder, bundle, log }: ScheduleCellOptions): Promise<ScheduleCell> {
    const [server, store, results, temporary] = ['server', 'store', 'results', 'worker-temp'].map((each) =>
      path.join(folder, each),
    ) as [string, string, string, string];
    for (const each of [server, store, temporary]) await mkdir(each, { recursive: true });
    const temporal = await RestartableTemporal.start(server, { log });
    const database = await JudgedPostgres.start(log);
    const sandbox = { branches: [{ name: BRANCH }], domains: [SANDBOX_DOMAIN], exportDelayMs: 150, importDelayMs: 20 };
    const titan = await TitanSystem.start({ folder, sandbox, log });
    const { address, namespace } = temporal;
    const pipelines = pipelinesOf(name);
    const config = scheduledConfig({
      temporal: { address, namespace, taskQueue: name },
      connections: {
        [DATABASE]: { type: 'postgres', ...database.access },
        [TENANT]: titan.connection,
        [STORE]: { type: 'files', path: store },
      },
      results,
      pipelines,
    });
    const workers = new Workers({ name, config, address, namespace, bundle, temporary, log });
    await workers.start();
    const connection = await connectTemporal({
      ...{ address, namespace, taskQueue: name },
      ...{ webUi: undefined, connectionOptions: { address }, from: 'the campaign' },
    });
    return new ScheduleCell(folder, config, pipelines, temporal, connection, database, titan, workers);
  }

  /** As `tidemark apply`: from here on they fire. */
  async apply(): Promise<void> {
    const { connection, config } = this;
    await applySchedules(connection, await planSchedules(connection, config), projectOf(config, connection));
  }

  /** No more runs; those under way go on. */
  async pause(): Promise<void> {
    for (const name of allPipelines(this.pipelines)) {
      const schedule = await ownSchedule(this.connection, this.config, name);
      await pauseSchedule(this.connection, schedule, 'the campaign is over');
    }
  }

  /** One more run of each, while they are paused. */
  async trigger(): Promise<void> {
    for (const name of allPipelines(this.pipelines)) {
      const { scheduleId } = await ownSchedule(this.connection, this.config, name);
      await this.connection.client.schedule.getHandle(scheduleId).trigger();
    }
  }

  /** How many runs the Schedules have started so far. */
  async fired(): Promise<number> {
    let fired = 0;
    for (const name of allPipelines(this.pipelines))
      fired += (await ownSchedule(this.connection, this.config, name)).description.info.numActionsTaken;
    return fired;
  }

  /** Where the tables of TitanRDM arrive. */
  get storeFolder(): string {
    return path.join(this.folder, 'store');
  }

  /** Ends everything in order; names the temporary files that are left, which should be none. */
  async stop(): Promise<string[]> {
    await this.workers.stop();
    await this.connection.close();
    const left = await this.titan.stop();
    await this.database.stop();
    await this.temporal.stop();
    return [...left, ...(await filesBelow(path.join(this.folder, 'worker-temp')))];
  }
}
