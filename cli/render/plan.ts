import { counted, grouped } from '../../contracts/readable.js';
import type { PlannedDownload, PlannedUpload, TitanPlan } from '../../workers/plan/index.js';
import { columns } from './columns.js';

/** A plan for people: what a person must not overlook comes first, then one line per table. */
export function planLines(plan: TitanPlan): string[] {
  const tables = [...plan.uploads, ...plan.downloads];
  const errors = tables.flatMap(({ conventionKey, error }) =>
    error === undefined ? [] : [`! cannot be done: ${conventionKey}: ${error.message} (${error.code})`],
  );
  const samples = plan.uploads.flatMap(({ sample }) => (sample === undefined ? [] : [`sample: ${sample}`]));
  const shown = plan.direction === 'upload' ? uploadTable(plan.uploads) : downloadTable(plan.downloads);
  const cost =
    plan.exports === 0 ? [] : [`Nothing was changed; ${counted(plan.exports, 'export')} were made for this.`];
  return [...errors, ...shown, ...samples, ...cost];
}

const number = (value: number | null | undefined): string =>
  value === undefined || value === null ? '' : grouped(value);

function uploadTable(uploads: readonly PlannedUpload[]): string[] {
  return columns(uploads, [
    { title: 'DOMAIN', cell: ({ domain }) => domain },
    { title: 'TABLE', cell: ({ table }) => table },
    { title: 'PATTERN', cell: ({ pattern }) => pattern },
    { title: 'ROWS', cell: ({ rows }) => grouped(rows), right: true },
    { title: 'HELD', cell: ({ difference }) => number(difference?.held), right: true },
    { title: 'INSERT', cell: ({ difference }) => number(difference?.inserts), right: true },
    { title: 'UPDATE', cell: ({ difference }) => number(difference?.updates), right: true },
    { title: 'DELETE', cell: ({ difference }) => number(difference?.deletes), right: true },
    { title: 'WOULD BE', cell: ({ outcome }) => (outcome === 'send' ? 'sent' : outcome) },
  ]);
}

function downloadTable(downloads: readonly PlannedDownload[]): string[] {
  return columns(downloads, [
    { title: 'DOMAIN', cell: ({ domain }) => domain },
    { title: 'TABLE', cell: ({ table }) => table },
    { title: 'PATTERN', cell: ({ pattern }) => pattern },
    { title: 'ROWS', cell: ({ rows }) => number(rows), right: true },
    { title: 'IN THE STORE', cell: ({ present }) => (present === 'rows' ? 'there' : (present ?? '')) },
    { title: 'WOULD BE', cell: ({ outcome }) => (outcome === 'receive' ? 'received' : outcome) },
  ]);
}
