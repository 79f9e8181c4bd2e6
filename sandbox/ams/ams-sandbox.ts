import type { RunningSandbox } from '../http/running-sandbox.js';
import type { AccountDefinition, FormDefinition, UserDefinition } from './definitions.js';
import type { AmsFaultKind, AmsFaultRuleInput } from './fault-rules.js';
import type { SentCall } from './sent-calls.js';
import type { AmsSandboxSettings, AmsSandboxSettingsInput } from './settings.js';

/** Options of `startAmsSandbox`: what is fixed at the start, and first values of the settings. */
export interface AmsSandboxOptions extends AmsSandboxSettingsInput {
  /** Port to listen on; a free one when left out or 0. */
  port?: number | undefined;
  /** Address to listen on, `127.0.0.1` by default. */
  host?: string | undefined;
  /** Name of the site, the last part of the address. */
  site?: string | undefined;
  /** Of the account that sees everything. */
  username?: string | undefined;
  /** Random when left out. */
  password?: string | undefined;
  /** Forms in place of the demonstration's. */
  forms?: readonly FormDefinition[] | undefined;
  /** Users in place of the demonstration's made-up athletes. */
  users?: readonly UserDefinition[] | undefined;
}

/** What is stored of one user in one form. */
export interface StoredProfile {
  id: number;
  userId: number;
  username: string;
  /** Id of the account that wrote it last. */
  enteredBy: number;
  values: Record<string, string>;
  /** How often it has been written. */
  writes: number;
}

/** A running sandbox. */
export interface AmsSandbox extends RunningSandbox<
  AmsSandboxSettings,
  AmsSandboxSettingsInput,
  AmsFaultRuleInput,
  AmsFaultKind
> {
  /** Address with the site, as a connection of type `ams` takes it. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Stops everything. May be called twice. */
  close(): Promise<void>;

  addForm(form: FormDefinition): { id: number };
  addUser(user: UserDefinition): { id: number };
  addAccount(account: AccountDefinition): { id: number };
  readonly users: readonly { id: number; username: string; email: string; firstName: string; lastName: string }[];

  /** Every record of a form, by the order of their first writes. */
  profiles(form: string): StoredProfile[];
  /** Puts a record there, unchecked, as if it had been before. */
  putProfile(form: string, userId: number, values: Record<string, string>): void;

  /** The latest 10,000 calls that came so far as to be checked, with what they sent; no sign-in. */
  readonly sentCalls: readonly SentCall[];
  /** Calls that were under way at the same time, at most, since the start or the last `resetPeak`. */
  readonly peakInFlight: number;
  resetPeak(): void;
  /** Every session made so far, the ended ones too: what a search of logs and histories for secrets looks for. */
  readonly issuedSessions: readonly string[];
  /** Every session is over from now on. */
  endSessions(): void;
}
