import type { Ams } from '../../connectors/ams/port.js';
import type { AmsStepInput } from '../../contracts/ams-activities.js';
import { named } from '../registry.js';
import type { AmsDependencies } from './dependencies.js';
import { prepareProfiles, type PreparedProfiles } from './prepare.js';
import { RunCache } from './run-cache.js';

/** What the steps of all runs on a worker have in common: the clients, and what each run has read. */
export class AmsRuns {
  private readonly cache = new RunCache();

  constructor(private readonly dependencies: AmsDependencies) {}

  /** The connection's one client. Error `UNKNOWN_CONNECTION`. */
  clientOf(connection: string): Ams {
    return named('connection of type ams', this.dependencies.ams, connection);
  }

  /** See {@link prepareProfiles}. */
  prepare(
    { options, run }: AmsStepInput,
    signal: AbortSignal,
    onRows?: (rows: number) => void,
  ): Promise<PreparedProfiles> {
    const { connection, cache } = options;
    const reads = this.cache.readsOf(this.clientOf(connection), { connection, run, cached: cache, signal });
    const { dependencies } = this;
    return prepareProfiles({ options, run, reads, dependencies, signal, ...(onRows === undefined ? {} : { onRows }) });
  }
}
