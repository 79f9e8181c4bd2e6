import type { ImportJob, TableState } from './job.js';

/** Shows where each table stands: once the sources are known, in a new run, for a new batch, and when the run is given up. */
export function showStates(
  { manifest, progress }: Pick<ImportJob, 'manifest' | 'progress'>,
  states: readonly TableState[],
  waiting: 'waiting' | 'not sent' = 'waiting',
): void {
  progress.together(() => {
    for (const [index, entry] of manifest.entries()) {
      const name = entry.target.conventionKey;
      const state = states[index] ?? { state: 'waiting' };
      if (state.state === 'waiting') progress.table(name, waiting);
      else if (state.state === 'sent') progress.table(name, 'sent', state.sent);
      else if (state.state === 'ended') progress.ended(name, state.result.status, state.result);
      else progress.ended(name, `error: ${state.error.message}`);
    }
  });
}
