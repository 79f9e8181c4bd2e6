import { counted } from '../../contracts/readable.js';
import { call } from '../steps.js';
import type { ImportJob, TableState } from './job.js';
import { skipped } from './results.js';

/** Looks at the sources before anything is created: what is absent or empty needs no batch. */
export async function probeManifest({
  manifest,
  progress,
}: Pick<ImportJob, 'manifest' | 'progress'>): Promise<TableState[]> {
  progress.enter('looking at the sources');
  const presences = await call(`Look at ${counted(manifest.length, 'source')}`).tidemarkProbeTables({
    sources: manifest.map((entry) => entry.source),
    ...(manifest.some((entry) => entry.changes !== undefined)
      ? { changes: manifest.map((entry) => entry.changes ?? null) }
      : {}),
  });
  return manifest.map((entry, index): TableState => {
    const presence = presences[index] ?? 'absent';
    if (presence === 'absent' || (presence === 'empty' && (entry.onEmpty === 'skip' || entry.changes !== undefined))) {
      const status = presence === 'absent' ? 'skipped (no source data)' : 'skipped (empty)';
      return { state: 'ended', result: skipped(entry, status) };
    }
    return { state: 'waiting' };
  });
}
