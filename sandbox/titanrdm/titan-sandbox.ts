import type { BranchDefinition, DomainDefinition, TableDefinition } from './definitions.js';
import type { FaultEntry } from '../http/faults.js';
import type { FaultRuleInput } from './fault-rules.js';
import type { SandboxRow, TableState } from './inspection.js';
import type { RequestEntry } from '../http/request-log.js';
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
export interface TitanSandbox {
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

  /** Changes settings from now on; those not named stay. */
  configure(settings: SandboxSettingsInput): void;
  readonly settings: Readonly<SandboxSettings>;
  /** Replaces all rules. */
  setFaults(rules: readonly FaultRuleInput[]): void;
  clearFaults(): void;
  /** Every fault that was made, oldest first. */
  readonly faultLog: readonly FaultEntry[];
  /** The latest 100,000 product calls, oldest first. */
  readonly requestLog: readonly RequestEntry[];
  /** Every token issued so far, the revoked ones too: what a search of logs and histories for secrets looks for. */
  readonly issuedTokens: readonly string[];
  /** Tokens issued so far are refused from now on. */
  revokeTokens(): void;

  /** Cuts all connections and refuses new ones, as a stopped server does; what it holds stays. */
  stopListening(): Promise<void>;
  /** Listens again, on the same port. */
  resumeListening(): Promise<void>;
  /** Both, with a pause between them. */
  pauseListening(milliseconds: number): Promise<void>;
}
