export { startTitanSandbox } from './sandbox.js';
export type { TitanSandbox, TitanSandboxOptions } from './titan-sandbox.js';
export {
  branchDefinitionSchema,
  domainDefinitionSchema,
  sandboxContentSchema,
  tableDefinitionSchema,
  type BranchDefinition,
  type DomainDefinition,
  type TableDefinition,
} from './definitions.js';
export { FAULT_KINDS, ROUTE_NAMES, faultRuleSchema, type FaultKind, type FaultRuleInput } from './fault-rules.js';
export type { FaultEntry } from '../http/faults.js';
export type { RequestEntry } from '../http/request-log.js';
export type { SandboxRow, TableState } from './inspection.js';
export { settingsSchema, type SandboxSettings, type SandboxSettingsInput } from './settings.js';
