import { z } from 'zod';
import {
  configNameSchema,
  CONNECTION_ROLES,
  connectionSchema,
  type ConnectionRole,
  type ConnectionType,
} from './config-connections.js';
import { payloadStorageSchema, s3LocationSchema } from './config-storage.js';
import { checkNotifications } from './config-notifications.js';
import { operationsShape, temporalOperationsShape, workerOperationsShape } from './config-operations.js';
import { connectionUses, pipelineSchema, type ConnectionUse, type PipelineConfig } from './config-pipelines.js';

export * from './config-connections.js';
export * from './config-notifications.js';
export * from './config-operations.js';
export * from './config-pipelines.js';
export * from './config-schedule.js';
export * from './config-storage.js';

export const DEFAULT_TASK_QUEUE = 'tidemark';

/** Where Temporal is. All left out: TEMPORAL_ADDRESS and the other variables of Temporal's own profiles, else localhost:7233. */
export const temporalConfigSchema = z.strictObject({
  /** `host:port` of the Temporal frontend. */
  address: z.string().min(1).optional(),
  /** Left out: that of the environment or profile, else `default`. */
  namespace: z.string().min(1).optional(),
  /** Name of a profile in Temporal's own `temporal.toml`: the place for API keys and certificates. */
  profile: z.string().min(1).optional(),
  /** Task queue of the worker, where runs are started. */
  taskQueue: z.string().min(1).max(1_000).default(DEFAULT_TASK_QUEUE),
  /** Address of the Web UI, for links to runs. Left out: found for a local server and for Temporal Cloud. */
  webUi: z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }).optional(),
  /** Where payloads go that are large for Temporal. Left out: none are stored, and at most 1,000 rows can be passed inline. */
  payloadStorage: payloadStorageSchema.optional(),
  ...temporalOperationsShape,
});
export type TemporalConfig = z.infer<typeof temporalConfigSchema>;

/** Where lists go that are too long for a workflow's result. */
export const resultsConfigSchema = z.strictObject({
  /** A folder that all workers share; a relative one starts at the folder of the config file. */
  folder: z.string().min(1).default('.tidemark/results'),
  /** A place in S3 instead, for workers that share no folder. Needs the package `@aws-sdk/client-s3`. */
  s3: s3LocationSchema.optional(),
});

/** The worker process. Left out: the Temporal SDK's own defaults. */
export const workerConfigSchema = z
  .strictObject({
    /** Steps that one worker does at the same time. */
    maxConcurrentActivities: z.int().min(1).max(10_000).optional(),
    /** Workflows that one worker keeps in memory; others are replayed when they go on. */
    maxCachedWorkflows: z.int().min(0).max(100_000).optional(),
    /** Seconds that activities get to end when the worker is stopped, before they are cancelled. */
    shutdownGraceSeconds: z.number().min(0).max(3_600).default(10),
    /** File that `tidemark bundle` has written; a relative one starts at the folder of the config file. Left out: bundled at each start. */
    bundle: z.string().min(1).optional(),
    /** Offer the Nexus service `tidemark` on the task queue. Needs a Temporal server with Nexus, and an endpoint that leads here. */
    nexus: z.boolean().default(false),
    ...workerOperationsShape,
  })
  .refine(fixedOrByResources, {
    path: ['resources'],
    error: 'either fixed numbers (maxConcurrent...) or resources: both say how much is done at a time',
  });
export type WorkerConfig = z.infer<typeof workerConfigSchema>;

function fixedOrByResources(worker: Record<string, unknown>): boolean {
  const fixed = ['maxConcurrentActivities', 'maxConcurrentWorkflowTasks', 'maxConcurrentLocalActivities'];
  return worker['resources'] === undefined || fixed.every((key) => worker[key] === undefined);
}

/** The local sandbox, for `tidemark dev` and `tidemark sandbox`. */
export const sandboxConfigSchema = z.strictObject({
  /** A YAML or JSON file with the branches, domains and tables that it starts with; a relative path starts at the config's folder. */
  definitions: z.string().min(1).optional(),
});

const configShape = {
  version: z.literal(1),
  /** Tells this project's Schedules from those of others in the same namespace. Left out: the task queue's name. */
  project: configNameSchema.optional(),
  temporal: temporalConfigSchema.prefault({}),
  /** Systems by name: what pipelines and workflow inputs call them by. */
  connections: z.record(configNameSchema, connectionSchema).default({}),
  /** Configured movements by name: what `tidemark run` starts. */
  pipelines: z.record(configNameSchema, pipelineSchema).default({}),
  results: resultsConfigSchema.prefault({}),
  worker: workerConfigSchema.prefault({}),
  sandbox: sandboxConfigSchema.prefault({}),
  ...operationsShape,
};

interface NamedConnection {
  type: ConnectionType;
  /** Of a connection of type `postgres`; not looked at yet where only the names of connections are needed. */
  queries?: unknown;
  allowQueries?: unknown;
}

interface Named {
  connections: Record<string, NamedConnection>;
  pipelines: Record<string, PipelineConfig>;
}

const WANTED: Record<ConnectionRole, string> = {
  tenant: "a connection of type 'titanrdm'",
  store: 'a connection that holds tables',
  folder: "a connection of type 'files'",
  database: "a connection of type 'postgres'",
  site: "a connection of type 'ams'",
};

/** Every name of a connection in a pipeline must be configured, and be of a type that fits. */
function checkNames(config: Named, context: z.RefinementCtx): void {
  const rolesOf = (name: string): readonly ConnectionRole[] | undefined => {
    const connection = Object.hasOwn(config.connections, name) ? config.connections[name] : undefined;
    return connection && CONNECTION_ROLES[connection.type];
  };
  for (const [pipelineName, pipeline] of Object.entries(config.pipelines)) {
    for (const use of connectionUses(pipeline)) {
      const found = rolesOf(use.name);
      if (found?.includes(use.role) === true) {
        checkQuery(config, pipelineName, use, context);
        continue;
      }
      const fitting = Object.keys(config.connections).filter((name) => rolesOf(name)?.includes(use.role));
      context.addIssue({
        code: 'custom',
        path: ['pipelines', pipelineName, ...use.path],
        message: `${found === undefined ? 'no connection has this name' : 'this connection is of another type'}; expected ${WANTED[use.role]}`,
        params: { nearestOf: fitting, value: use.name },
      });
    }
  }
}

/** A query that a pipeline names must be one of its connection, unless the reference may hold SQL of its own. */
function checkQuery(config: Named, pipeline: string, use: ConnectionUse, context: z.RefinementCtx): void {
  const { queries, allowQueries } = config.connections[use.name] ?? {};
  if (use.query === undefined || (use.role === 'store' && allowQueries !== undefined && allowQueries !== false)) return;
  const names = typeof queries === 'object' && queries !== null ? Object.keys(queries) : [];
  if (names.includes(use.query)) return;
  context.addIssue({
    code: 'custom',
    path: ['pipelines', pipeline, ...use.path.slice(0, -1), 'query'],
    message: `connection ${use.name} has no query of this name; expected one of its 'queries'`,
    params: { nearestOf: names, value: use.query },
  });
}

/** `tidemark.yaml`, version 1. Unknown keys are refused. */
export const configSchema = z.strictObject(configShape).superRefine(checkNames).superRefine(checkNotifications);
export type TidemarkConfig = z.infer<typeof configSchema>;
/** As a person writes it: defaults left out. */
export type TidemarkConfigInput = z.input<typeof configSchema>;

/** The same file for who only starts and watches runs: connections are named, their addresses and secrets are not needed. */
export const clientConfigSchema = z
  .strictObject({
    ...configShape,
    connections: z
      .record(
        configNameSchema,
        z.looseObject({ type: z.enum(connectionSchema.options.map((o) => o.shape.type.value)) }),
      )
      .default({}),
    // The worker sends them.
    notifications: z.array(z.looseObject({})).default([]),
  })
  .superRefine(checkNames);
export type TidemarkClientConfig = z.infer<typeof clientConfigSchema>;

export { pipelineWorkflowId } from './run-inputs.js';
