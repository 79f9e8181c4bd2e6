export { startAmsSandbox } from './sandbox.js';
export type { AmsSandbox, AmsSandboxOptions, StoredProfile } from './ams-sandbox.js';
export {
  accountDefinitionSchema,
  amsContentSchema,
  formDefinitionSchema,
  userDefinitionSchema,
  type AccountDefinition,
  type FormDefinition,
  type UserDefinition,
} from './definitions.js';
export {
  AMS_FAULT_KINDS,
  AMS_ROUTE_NAMES,
  amsFaultRuleSchema,
  type AmsFaultKind,
  type AmsFaultRuleInput,
} from './fault-rules.js';
export type { SentCall } from './sent-calls.js';
export { amsSettingsSchema, type AmsSandboxSettings, type AmsSandboxSettingsInput } from './settings.js';
