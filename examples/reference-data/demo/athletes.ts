import { join } from 'node:path';
import type { amsDownloadProfiles, amsUpsertProfiles } from '../workflows.js';
import { readRows, type Row } from './csv.js';
import { count, type Step } from './report.js';
import { folderOf, pipeline, type StepContext } from './steps.js';

/** Writes one profile per athlete of the made-up squad, reads them back and compares every value. */
export async function upsertProfiles(context: StepContext): Promise<Step & { differences: string[] }> {
  const { client, config, link } = context;
  const { taskQueue } = config.temporal;
  const up = pipeline(config, 'squad-up', 'amsUpsertProfiles');
  const handle = await client.workflow.start<typeof amsUpsertProfiles>('amsUpsertProfiles', {
    workflowId: 'reference-data/profiles',
    taskQueue,
    args: [up.input],
    staticSummary: up.description ?? 'Profiles',
  });
  const sent = await handle.result();
  const down = pipeline(config, 'squad-down', 'amsDownloadProfiles');
  const received = await client.workflow.execute<typeof amsDownloadProfiles>('amsDownloadProfiles', {
    workflowId: 'reference-data/profiles-back',
    taskQueue,
    args: [down.input],
    staticSummary: down.description ?? 'Profiles, back',
  });
  const columns = Object.entries(up.input.columns ?? {});
  const wanted = await readRows(join(folderOf(config, 'athletes'), 'squad.csv'));
  const stored = await readRows(join(folderOf(config, 'received'), `${down.input.table}.csv`));
  const byName = new Map(stored.map((row) => [row['username'], row]));
  const differences = wanted.flatMap((row) =>
    columns
      .filter(([column, field]) => (byName.get(row['username'] ?? '')?.[field] ?? null) !== spelt(row, column))
      .map(([column]) => `profile of ${row['username'] ?? 'nobody'}: ${column} is not what was sent`),
  );
  return {
    title: 'Upserted the profiles of a made-up squad into Teamworks AMS, and read them back',
    link: link(handle.workflowId, handle.firstExecutionRunId),
    lines: [
      sent.summary,
      received.summary,
      differences.length === 0
        ? `${count(wanted.length * columns.length)} values compared: all are the same.`
        : `${count(differences.length)} differences`,
    ],
    differences,
  };
}

/** A cell in the form's own spelling: dates as 31/01/2025, true as Yes. */
function spelt(row: Row, column: string): string | null {
  const text = row[column] ?? null;
  if (column === 'until') return text?.split('-').reverse().join('/') ?? null;
  if (column === 'captain') return text === 'true' ? 'Yes' : 'No';
  return text;
}
