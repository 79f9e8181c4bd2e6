import { createHash } from 'node:crypto';
import type {
  ScheduleOptions,
  ScheduleOptionsStartWorkflowAction,
  ScheduleOverlapPolicy,
  Workflow,
} from '@temporalio/client';
import {
  pipelineInput,
  type Overlap,
  type PipelineConfig,
  type TidemarkClientConfig,
} from '../../../contracts/config.js';
import { durationMs } from '../../../contracts/duration.js';
import { tidemarkRunInputSchema } from '../../../contracts/run-inputs.js';
import { factsOf, type ScheduleFacts } from './facts.js';
import { specOf } from './spec.js';

/** Every Schedule of ours has an id that begins like this. */
export const SCHEDULE_PREFIX = 'tidemark/';
export const scheduleId = (pipeline: string): string => `${SCHEDULE_PREFIX}${pipeline}`;

/** The workflow that a Schedule starts. */
export const RUN_WORKFLOW = 'tidemarkRun';

type StartRun = ScheduleOptionsStartWorkflowAction<Workflow>;

/** What the config says of a pipeline's Schedule. */
export interface ScheduleDefinition extends Pick<ScheduleOptions<StartRun>, 'spec' | 'policies'> {
  pipeline: string;
  scheduleId: string;
  action: StartRun & { workflowId: string; args: unknown[] };
  /** Undefined: as it is. */
  paused: boolean | undefined;
  facts: ScheduleFacts;
  /** Of all that `apply` sets: what is equal now was equal when it was applied. */
  fingerprint: string;
}

/** The Schedules of all pipelines that have one, in the order of the config. */
export function definedSchedules(
  { pipelines }: Pick<TidemarkClientConfig, 'pipelines'>,
  taskQueue: string,
): ScheduleDefinition[] {
  return Object.entries(pipelines).flatMap(([name, pipeline]) => {
    const definition = definitionOf(name, pipeline, taskQueue);
    return definition === undefined ? [] : [definition];
  });
}

function definitionOf(name: string, pipeline: PipelineConfig, taskQueue: string): ScheduleDefinition | undefined {
  const { schedule } = pipeline;
  if (schedule === undefined) return undefined;
  const input = { version: 1, pipeline: name, workflow: pipeline.workflow, input: pipelineInput(name, pipeline) };
  const args = [tidemarkRunInputSchema.parse({ ...input, ifRunning: schedule.ifRunning })];
  const { retry } = schedule;
  const action = {
    type: 'startWorkflow' as const,
    workflowType: RUN_WORKFLOW,
    // Temporal adds the time that the run was due.
    workflowId: `tidemark/run/${name}`,
    taskQueue,
    args,
    staticSummary: pipeline.description ?? `Scheduled run of pipeline ${name}`,
    staticDetails: `Pipeline **${name}**, by its Schedule\n\n- its state: \`tidemark status ${name}\`\n- no more runs: \`tidemark pause ${name}\``,
    ...(retry === undefined
      ? {}
      : {
          retry: {
            maximumAttempts: retry.attempts,
            initialInterval: ms(retry.firstDelay),
            backoffCoefficient: retry.backoff,
            maximumInterval: Math.max(ms(retry.maxDelay), ms(retry.firstDelay)),
          },
        }),
  };
  const spec = specOf(schedule);
  const policies = {
    overlap: OVERLAP[schedule.overlap],
    catchupWindow: ms(schedule.catchupWindow),
    pauseOnFailure: schedule.pauseOnFailure,
  };
  const facts = factsOf({ spec, policies, action });
  const fingerprint = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  return {
    pipeline: name,
    scheduleId: scheduleId(name),
    spec,
    policies,
    action: { ...action, memo: { tidemark: { fingerprint } } },
    paused: schedule.paused,
    facts,
    fingerprint,
  };
}

export const OVERLAP = {
  skip: 'SKIP',
  bufferOne: 'BUFFER_ONE',
  bufferAll: 'BUFFER_ALL',
  cancelOther: 'CANCEL_OTHER',
  terminateOther: 'TERMINATE_OTHER',
  allowAll: 'ALLOW_ALL',
} as const satisfies Record<Overlap, ScheduleOverlapPolicy>;

/** The config was checked: each duration is one. */
const ms = (duration: string): number => durationMs(duration) ?? 0;
