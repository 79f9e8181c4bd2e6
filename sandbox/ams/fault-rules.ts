import { z } from 'zod';
import { COMMON_FAULT_KINDS, commonMatchShape, commonRuleShape } from '../http/fault-rules.js';

/**
 * Beside the common kinds (`sandbox/http/fault-rules.ts`). Before anything is done: `sessionEnd` (every session is over, this call is
 * answered so), `rpcException` and `stateError` (200 with an exception, or a failing state), `missingHeader` (a sign-in without
 * `session-header`). To the reply of a write that was done: `emptyIds`, `twoIds`, `nullState`.
 */
export const AMS_FAULT_KINDS = [
  ...COMMON_FAULT_KINDS,
  'sessionEnd',
  'rpcException',
  'stateError',
  'missingHeader',
  'emptyIds',
  'twoIds',
  'nullState',
] as const;
export type AmsFaultKind = (typeof AMS_FAULT_KINDS)[number];

/** The product's routes, as rules and the request log name them. */
export const AMS_ROUTE_NAMES = [
  'login',
  'forms.summaries',
  'forms.get',
  'usersearch',
  'groupmembers',
  'listgroups',
  'profileimport',
  'profilesearch',
  'eventsimport',
  'eventsearch',
] as const;

/** A fault and the calls that it befalls. The first rule that matches a call, and has not run out, takes it. */
export const amsFaultRuleSchema = z.strictObject({
  ...commonRuleShape,
  kind: z.enum(AMS_FAULT_KINDS),
  match: z
    .strictObject({
      ...commonMatchShape(AMS_ROUTE_NAMES),
      /** Id of the user that a write is about. */
      userId: z.int().optional(),
    })
    .default({}),
  /** `rpcException`, `stateError`: type of the exception, or the state. */
  state: z.string().optional(),
});
export type AmsFaultRule = z.output<typeof amsFaultRuleSchema>;
export type AmsFaultRuleInput = z.input<typeof amsFaultRuleSchema>;
