import { z } from 'zod';
import { notificationConfigSchema } from './config-notifications.js';

// The parts of `tidemark.yaml` about running pipelines: what is seen of them, and what keeps them running.

/** Search attributes that runs set where the namespace has them: `tidemark check --setup` registers them. */
export const searchAttributesConfigSchema = z.strictObject({
  /** Also the high watermark (`TidemarkWatermark`). Search attributes are never encrypted, and a watermark can be a value of a row. */
  watermark: z.boolean().default(false),
});

/** 32 bytes are 43 characters of base64 and one of padding. */
const aesKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/u, 'expected 32 bytes in base64: openssl rand -base64 32');

/**
 * Encrypts every payload and every failure's text before it leaves the worker or a client, by AES-256-GCM. All processes of the namespace need
 * the same keys.
 */
export const encryptionConfigSchema = z
  .strictObject({
    /** Keys by their id; each 32 bytes in base64. Write `${ENV}`, so that they are in no file. Old ones stay as long as runs that used them are kept. */
    keys: z.record(z.string().regex(/^[\w.-]{1,100}$/u, 'an id holds letters, digits, "_", "." and "-"'), aesKey),
    /** Id of the key that encrypts from now on. */
    current: z.string().min(1),
  })
  .refine(({ keys, current }) => Object.hasOwn(keys, current), {
    path: ['current'],
    error: "expected the id of one of the 'keys'",
  });
export type EncryptionConfig = z.infer<typeof encryptionConfigSchema>;

/** The codec server: shows encrypted payloads in the Web UI to those who may. */
export const codecServerConfigSchema = z.strictObject({
  /** Origins of the Web UIs that may ask, for instance `https://temporal.example.com`. */
  origins: z
    .array(z.url({ protocol: /^https?$/, error: 'expected an origin, for instance https://temporal.example.com' }))
    .min(1),
  /** Who may read, and the token of each, 16 characters at least. Write `${ENV}`, so that they are in no file. */
  tokens: z.record(z.string().min(1).max(100), z.string().min(16, 'a token has 16 characters at least')),
});
export type CodecServerConfig = z.infer<typeof codecServerConfigSchema>;

/** Keys of `temporal` that are about running pipelines. */
export const temporalOperationsShape = {
  searchAttributes: searchAttributesConfigSchema.optional(),
  encryption: encryptionConfigSchema.optional(),
};

/** `host:port` of a local address. */
const listenAddress = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/u, 'expected host:port, for instance 0.0.0.0:9464');

/** Metrics for Prometheus: the SDK's own and Tidemark's, under `/metrics`. */
export const metricsConfigSchema = z.strictObject({ address: listenAddress });

/** How many tasks of a kind a worker does at a time, by what the machine has left. */
export const resourceTunerConfigSchema = z.strictObject({
  /** Share of the machine's memory (of the container's, where it has a limit) up to which more is taken on. */
  targetMemory: z.number().positive().max(1).default(0.8),
  /** Share of its processors. */
  targetCpu: z.number().positive().max(1).default(0.9),
  /** Most steps at the same time. */
  maxActivities: z.int().min(1).max(10_000).default(200),
  /** Most workflow tasks at the same time. */
  maxWorkflowTasks: z.int().min(2).max(10_000).default(100),
});
export type ResourceTunerConfig = z.infer<typeof resourceTunerConfigSchema>;

/** Worker versioning: runs stay with the code that they began on, or move to newer code, as said here. */
export const deploymentConfigSchema = z.strictObject({
  /** Name of the deployment: the same for all workers of this config. No dots. */
  name: z.string().regex(/^[\w-]{1,200}$/u, 'a name holds letters, digits, "_" and "-"'),
  /** Identity of the code: a release, a commit. */
  buildId: z.string().min(1).max(200),
  /**
   * `pinned`: a run ends on the code that it began on. `autoUpgrade`: it moves to the current code at its next task, as without versions.
   * Workflows that live for ever are `autoUpgrade` either way.
   */
  runs: z.enum(['pinned', 'autoUpgrade']).default('pinned'),
});
export type DeploymentConfig = z.infer<typeof deploymentConfigSchema>;

/** Keys of `worker` that are about running pipelines. */
export const workerOperationsShape = {
  /** Workflow tasks that one worker does at the same time. */
  maxConcurrentWorkflowTasks: z.int().min(2).max(10_000).optional(),
  /** Local activities that one worker does at the same time: those of workflows of your own, Tidemark has none. */
  maxConcurrentLocalActivities: z.int().min(1).max(10_000).optional(),
  /** In place of the fixed numbers. */
  resources: resourceTunerConfigSchema.optional(),
  metrics: metricsConfigSchema.optional(),
  /** Traces by OpenTelemetry, sent as OTLP over HTTP; needs packages of its own: see docs/operations.md. */
  tracing: z
    .strictObject({
      /** Address that takes traces, for instance `http://collector:4318/v1/traces`. */
      endpoint: z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }),
      /** What the worker is called in traces. */
      service: z.string().min(1).default('tidemark'),
    })
    .optional(),
  /** `GET /healthz` (the process lives) and `GET /readyz` (it polls, and Temporal answers). */
  health: z.strictObject({ address: listenAddress }).optional(),
  deployment: deploymentConfigSchema.optional(),
};

/** Keys of the whole config that are about running pipelines. */
export const operationsShape = {
  codecServer: codecServerConfigSchema.optional(),
  /** Webhooks that are told of pipelines. */
  notifications: z.array(notificationConfigSchema).default([]),
};
