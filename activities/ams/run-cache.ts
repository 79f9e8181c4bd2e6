import type { Ams, AmsForm, AmsUser } from '../../connectors/ams/port.js';
import type { AmsRunIdentity } from '../../contracts/ams-activities.js';

/** What a run reads of AMS besides profiles. */
export interface AmsReads {
  form(name: string): Promise<AmsForm>;
  users(): Promise<AmsUser[]>;
}

/** Runs whose reads are kept at the same time: users of a large site are some megabytes. */
const MAX_RUNS = 8;

interface Kept {
  forms: Map<string, AmsForm>;
  users: AmsUser[] | undefined;
}

/**
 * Keeps what a run has read, for its later steps on the same worker: never what was written, and never for another run. A read
 * that fails is not kept.
 */
export class RunCache {
  private readonly runs = new Map<string, Kept>();

  constructor(private readonly maxRuns = MAX_RUNS) {}

  /** `cached` false: every step reads anew. */
  readsOf(
    ams: Ams,
    {
      connection,
      run,
      cached,
      signal,
    }: { connection: string; run: AmsRunIdentity; cached: boolean; signal: AbortSignal },
  ): AmsReads {
    const kept: Kept = cached ? this.keptOf(JSON.stringify([connection, run])) : { forms: new Map(), users: undefined };
    return {
      form: async (name) => {
        const known = kept.forms.get(name) ?? (await ams.findForm(name, { signal }));
        kept.forms.set(name, known);
        return known;
      },
      users: async () => (kept.users ??= await ams.users({ signal })),
    };
  }

  private keptOf(key: string): Kept {
    const kept = this.runs.get(key) ?? { forms: new Map<string, AmsForm>(), users: undefined };
    // The latest one to be used is the last one to go.
    this.runs.delete(key);
    this.runs.set(key, kept);
    const [oldest] = this.runs.keys();
    if (this.runs.size > this.maxRuns && oldest !== undefined) this.runs.delete(oldest);
    return kept;
  }
}
