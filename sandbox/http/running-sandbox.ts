import { setTimeout as sleep } from 'node:timers/promises';
import type { CommonFaultRule } from './fault-rules.js';
import type { FaultEntry } from './faults.js';
import type { RequestEntry } from './request-log.js';
import { SandboxServer, type ServerContext } from './server.js';
import type { ChangeableSettings } from './settings.js';

/** What every sandbox can be asked while it runs, whatever its product. */
export interface RunningSandbox<Settings, Changes, RuleInput, Kind extends string = string> {
  /** Changes settings from now on; those not named stay. */
  configure(changes: Changes): void;
  readonly settings: Readonly<Settings>;
  /** Replaces all rules. */
  setFaults(rules: readonly RuleInput[]): void;
  clearFaults(): void;
  /** Every fault that was made, oldest first. */
  readonly faultLog: readonly FaultEntry<Kind>[];
  /** The latest 100,000 product calls, oldest first. */
  readonly requestLog: readonly RequestEntry[];

  /** Cuts all connections and refuses new ones, as a stopped server does; what it holds stays. */
  stopListening(): Promise<void>;
  /** Listens again, on the same port. */
  resumeListening(): Promise<void>;
  /** Both, with a pause between them. */
  pauseListening(milliseconds: number): Promise<void>;
}

export interface Serving<
  Rule extends CommonFaultRule,
  RuleInput,
  Settings extends object,
  Changes extends object,
> extends Omit<ServerContext<Rule, RuleInput>, 'latencyMs'> {
  /** Free when 0. */
  port: number;
  host: string;
  settings: ChangeableSettings<Settings & { latencyMs: number }, Changes>;
}

/** Listens, and gives what every sandbox has beside its own. Errors: what listening throws (`EADDRINUSE`). */
export async function serveSandbox<
  Rule extends CommonFaultRule,
  RuleInput,
  Settings extends object,
  Changes extends object,
>({ port, host, settings, ...context }: Serving<Rule, RuleInput, Settings, Changes>) {
  const { faults, requests, signal } = context;
  const server = new SandboxServer({ ...context, latencyMs: () => settings.current().latencyMs });
  await server.listen(host, port);
  const resumeListening = () => (signal.aborted ? Promise.resolve() : server.listen(host, server.port));
  const running: RunningSandbox<Settings, Changes, RuleInput, Rule['kind']> = {
    configure: (changes) => settings.change(changes),
    get settings() {
      return settings.current();
    },
    setFaults: (rules) => faults.set(rules),
    clearFaults: () => faults.set([]),
    faultLog: faults.log,
    requestLog: requests.entries,
    stopListening: () => server.stop(),
    resumeListening,
    pauseListening: async (milliseconds) => {
      await server.stop();
      await sleep(milliseconds, undefined, { signal }).catch(() => {
        // The sandbox closes: resuming does nothing then.
      });
      await resumeListening();
    },
  };
  return { server, running };
}

/** What a product's sandbox has of its own, with what every sandbox has. Getters stay getters, as spreading would not leave them. */
export function joined<Own extends object, Running extends object>(own: Own, running: Running): Own & Running {
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(running)) as Own & Running; // what it has now
}
