import { z } from 'zod';

/** What can be changed while the sandbox runs. Nobody outside knows most of this of the product: the default is our choice. */
export const amsSettingsSchema = z.strictObject({
  /** Milliseconds added to every call. */
  latencyMs: z.number().nonnegative().default(0),
  /** Life of a session in seconds. */
  sessionTtlSeconds: z.number().positive().default(3_600),
  /** Calls after which a session ends; 0: never for that. */
  callsPerSession: z.int().nonnegative().default(0),
  /** How a call in an ended session is answered: by 401, by 200 with a failing state, or by 200 with an exception. */
  endedSession: z.enum(['401', 'state', 'exception']).default('401'),
  /** How bad credentials are answered: by 401, or by 200 with an exception, with or without a `session-header` that is worth nothing. */
  badCredentials: z.enum(['401', 'exception', 'exceptionWithHeader']).default('401'),
  /** More calls than this under way at a time are answered by 429; 0: no limit. */
  maxInFlight: z.int().nonnegative().default(0),
  /** More calls than this in one second are answered by 429; 0: no limit. */
  maxPerSecond: z.int().nonnegative().default(0),
  /** What `Retry-After` says with a 429 of these limits, in seconds. */
  retryAfterSeconds: z.int().nonnegative().default(1),
  /** A field that a write leaves out: it keeps its value, or the whole record is replaced. */
  omittedFields: z.enum(['keep', 'clear']).default('keep'),
  /** A field that the form does not have: dropped and mentioned in brackets in the message, or dropped in silence. */
  unknownFields: z.enum(['mention', 'drop']).default('mention'),
  /** How a refused write is answered: by 200 with a failing state, or by a status. */
  refusedWrites: z.enum(['state', 'status']).default('state'),
  /** Where the reply to a write holds state and ids: at the top, or below `result` or `data`. */
  replyShape: z.enum(['top', 'result', 'data']).default('top'),
});
export type AmsSandboxSettings = z.infer<typeof amsSettingsSchema>;
export type AmsSandboxSettingsInput = { [K in keyof AmsSandboxSettings]?: AmsSandboxSettings[K] | undefined };
