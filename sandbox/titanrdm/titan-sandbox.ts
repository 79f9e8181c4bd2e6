import type { BranchDefinition, DomainDefinition, TableDefinition } from './definitions.js';
import type { FaultKind, FaultRuleInput } from './fault-rules.js';
import type { SandboxRow, TableState } from './inspection.js';
import type { RunningSandbox } from '../http/running-sandbox.js';
import type { SandboxSettings, SandboxSettingsInput } from './settings.js';

/** Options of `startTitanSandbox`: what is fixed at the start, and first values of the settings. */
export interface TitanSandboxOptions extends SandboxSettingsInput {
  /** Port to listen on; a free one when left out or 0. */
  port?: number | undefined;
  /** Address to listen on, `127.0.0.1` by default. */
  host?: string | undefined;
  clientId?: string | undefined;
  /** Random when left out. */
  clientSecret?: string | undefined;
  /** Branches in place of the demonstration's `main` (shared, integration) and `dev` (private). */
  branches?: readonly BranchDefinition[] | undefined;
  /** Domains with their tables, in place of the demonstration's. */
  domains?: readonly DomainDefinition[] | undefined;
  /** Folder in which the sandbox makes its own temporary one; the system's when left out. */
  dataDirectory?: string | undefined;
}

/** A running sandbox. */
export interface TitanSandbox extends RunningSandbox<SandboxSettings, SandboxSettingsInput, FaultRuleInput, FaultKind> {
  /** Base address, as a connection of type `titanrdm` takes it. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Stops everything and removes its files. May be called twice. */
  close(): Promise<void>;

  addBranch(branch: BranchDefinition): { id: number };
  addDomain(domain: DomainDefinition): { id: number };
  /** Deploys a table of a domain (by name or abbreviation). One entry for each branch. */
  defineTable(
    domain: string,
    table: TableDefinition,
  ): { id: number; key: string; branchId: number; conventionKey: string }[];

  /** Live records of a table (by convention key or table key), on its first branch when none is named. */
  rows(table: string, options?: { branch?: string | number; limit?: number }): Promise<SandboxRow[]>;
  /** Every version of one record, oldest first. */
  versions(table: string, key: SandboxRow, options?: { branch?: string | number }): Promise<SandboxRow[]>;
  /** Counts of one table; of every table that an import has touched when none is named. */
  state(table: string, options?: { branch?: string | number }): Promise<TableState>;
  states(): Promise<TableState[]>;
  /** Imports that exist, by status. */
  importStatuses(): Record<string, number>;
  /** Resolves when no import or export is under way. */
  idle(): Promise<void>;

  /** Every token issued so far, the revoked ones too: what a search of logs and histories for secrets looks for. */
  readonly issuedTokens: readonly string[];
  /** Tokens issued so far are refused from now on. */
  revokeTokens(): void;
}
