import type { AmsActivities, AmsStepInput } from '../../contracts/ams-activities.js';
import type { AmsChanges } from '../../contracts/ams-results.js';
import { runStep } from '../step.js';
import type { AmsDependencies } from './dependencies.js';
import { MAX_CHANGES, planChanges, type PlannedChange } from './plan.js';
import { GrowingList } from './row-lists.js';
import { AmsRuns } from './runs.js';

export function planActivities(dependencies: AmsDependencies, runs: AmsRuns): Pick<AmsActivities, 'amsPlanProfiles'> {
  return {
    amsPlanProfiles: (input) =>
      runStep<{ phase: string; users: number }, AmsChanges>(async ({ signal, mark }) => {
        // Values are shown to whoever may see the results location, and are in no history.
        const sample = new GrowingList<PlannedChange>(dependencies.results, input.run, 'changes');
        const { shown, ...changes } = await planned(input, runs, signal, (users) =>
          mark({ phase: 'reading profiles', users }),
        );
        for (const change of shown) sample.add(change);
        await sample.flush(true);
        const reference = await sample.reference();
        return { ...changes, ...(reference === undefined ? {} : { sample: reference }) };
      }),
  };
}

export interface PlannedProfiles extends Omit<AmsChanges, 'sample'> {
  /** The first changes, with their values. */
  shown: PlannedChange[];
}

/** What a run would change, for who asks without a run: `tidemark plan`. Nothing is sent, and the table is checked as a run does. */
export function planProfiles(
  dependencies: AmsDependencies,
  input: AmsStepInput,
  signal: AbortSignal,
): Promise<PlannedProfiles & { rows: number; leftOut: { unknownUsers: number; superseded: number; empty: number } }> {
  return planned(input, new AmsRuns(dependencies), signal);
}

async function planned(
  input: AmsStepInput,
  runs: AmsRuns,
  signal: AbortSignal,
  onUsers?: (users: number) => void,
): Promise<Awaited<ReturnType<typeof planProfiles>>> {
  const { spool, rows, leftOut } = await runs.prepare(input, signal);
  try {
    const shown: PlannedChange[] = [];
    const changes = await planChanges({
      ams: runs.clientOf(input.options.connection),
      input,
      entries: spool.read(),
      signal,
      onChange: (change) => {
        if (shown.length < MAX_CHANGES) shown.push(change);
      },
      ...(onUsers === undefined ? {} : { onUsers }),
    });
    return { ...changes, shown, rows, leftOut };
  } finally {
    await spool.remove();
  }
}
