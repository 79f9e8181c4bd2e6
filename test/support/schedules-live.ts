import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { configSchema, pipelineWorkflowId, type TidemarkConfig } from '../../contracts/config.js';
import {
  applySchedules,
  pipelineStatus,
  planSchedules,
  type PipelineStatus,
  type ScheduleChange,
  type TemporalClient,
} from '../../workers/client/index.js';
import { openTenant, type Tenant } from './tenant.js';

export const NEVER = { calendar: { year: 2099 } };

/** What tests of Schedules on a real server need. The project and the pipeline are each test's own. */
export interface SchedulesSite {
  tenant: Tenant;
  temporal: TemporalClient;
  project: string;
  pipeline: string;
  /** A config of one pipeline, with a schedule or without. */
  config: (schedule?: object, more?: { input?: object; project?: string; name?: string }) => TidemarkConfig;
  apply: (wanted: TidemarkConfig, options?: { adopt?: boolean }) => Promise<ScheduleChange[]>;
  handleOf: (name?: string) => ScheduleHandle;
  status: (wanted: TidemarkConfig) => Promise<PipelineStatus>;
  described: () => Promise<ScheduleDescription>;
}

/** For one test file. */
export function schedulesSite(): SchedulesSite {
  let tenant: Tenant | undefined;
  let temporal: TemporalClient | undefined;
  /** Ends of the ids: the server is that of the whole test run. */
  let unique = 0;
  const site: SchedulesSite = {
    get tenant() {
      return duringTests(tenant);
    },
    get temporal() {
      return duringTests(temporal);
    },
    project: '',
    pipeline: '',
    config: (schedule, more = {}) => configOf(site, schedule, more),
    apply: async (wanted, options = {}) => {
      const changes = await planSchedules(site.temporal, wanted, options);
      await applySchedules(site.temporal, changes, wanted.project ?? '');
      return changes;
    },
    handleOf: (name = site.pipeline) => site.temporal.client.schedule.getHandle(`tidemark/${name}`),
    status: (wanted) => pipelineStatus(site.temporal, wanted, Object.keys(wanted.pipelines)[0] ?? '', { runs: 10 }),
    described: () => site.handleOf().describe(),
  };

  beforeAll(async () => {
    tenant = await openTenant();
    const { address, namespace, taskQueue, client } = tenant.temporal;
    const target = {
      address,
      namespace,
      taskQueue,
      webUi: 'http://ui.example',
      connectionOptions: { address },
      from: 'test',
    };
    temporal = { client, target, close: () => Promise.resolve() };
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
  });
  beforeEach(() => {
    unique += 1;
    site.project = `${site.temporal.target.taskQueue}-${unique}`;
    site.pipeline = `p-${site.project}`;
  });
  afterEach(async () => {
    const { client, target } = site.temporal;
    site.tenant.sandbox.clearFaults();
    site.tenant.sandbox.configure({ importDelayMs: 0 });
    await client.workflow
      .getHandle(pipelineWorkflowId(site.pipeline))
      .terminate()
      .catch(() => undefined);
    for await (const { scheduleId } of client.schedule.list())
      if (scheduleId.includes(target.taskQueue))
        await client.schedule
          .getHandle(scheduleId)
          .delete()
          .catch(() => undefined);
  });
  afterAll(() => tenant?.close());
  return site;
}

function duringTests<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is there only during tests');
  return value;
}

function configOf(
  site: SchedulesSite,
  schedule: object | undefined,
  more: { input?: object; project?: string; name?: string },
): TidemarkConfig {
  const { name = site.pipeline, input } = more;
  return configSchema.parse({
    version: 1,
    project: more.project ?? site.project,
    connections: {
      tenant: { type: 'titanrdm', url: 'https://t.example', clientId: 'a', clientSecret: 'b' },
      lake: { type: 'files', path: '.' },
    },
    pipelines: {
      [name]: {
        workflow: 'titanConventionUpload',
        input: {
          connection: 'tenant',
          branch: { name: 'main' },
          domain: 'Customer',
          store: 'lake',
          poll: { intervalSeconds: 0.1 },
          ...input,
        },
        ...(schedule === undefined ? {} : { schedule }),
      },
    },
  });
}

/** Asks until the answer is as wanted. */
export async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await sleep(50);
  }
}
