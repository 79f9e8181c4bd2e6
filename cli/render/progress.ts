import process from 'node:process';
import { Listr, ListrLogger, ProcessOutput, type ListrDefaultRendererLogLevels } from 'listr2';
import type { AmsProgress } from '../../contracts/ams-results.js';
import type { IngestProgress } from '../../contracts/postgres-results.js';
import { counted } from '../../contracts/readable.js';
import type { ProgressView } from '../../contracts/titan-results.js';
import type { RunProgress } from '../../workers/client/index.js';
import { note, printable } from '../output.js';
import { bytesText, columns, grouped } from './columns.js';

export interface ProgressDisplay {
  show: (progress: RunProgress) => void;
  /** A remark in place of progress. */
  say: (text: string) => void;
}

/** Tables that fit below the headline of a terminal. */
const MAX_LINES = 12;
const MAX_WATERMARK = 60;

/**
 * Shows a run's progress on stderr while `work` goes on: a small table that renews itself on a terminal, elsewhere a line for each
 * thing that changes.
 */
export async function withProgress<T>(title: string, work: (display: ProgressDisplay) => Promise<T>): Promise<T> {
  // A terminal without a width (some CI systems have those) can't show what moves.
  if (!process.stderr.isTTY || process.stderr.columns === 0) return work({ show: linesOfChanges(), say: note });
  const outputs: T[] = [];
  const list = new Listr(
    [
      {
        title,
        task: async (_context, task) => {
          outputs.push(
            await work({
              show: (view) => {
                const [head = '', ...lines] = progressLines(view);
                task.title = [`${title}: ${head}`, ...lines].join('\n');
              },
              // Written beside it, a remark would be held back until the end.
              say: (text) => {
                task.title = `${title}: ${printable(text)}`;
              },
            }),
          );
        },
      },
    ],
    {
      renderer: 'default',
      // Ctrl-C belongs to the command.
      registerSignalListeners: false,
      rendererOptions: {
        // What ended is shown as a result, or as an error: a tick before it would be wrong for half of them.
        clearOutput: true,
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({
          processOutput: new ProcessOutput(process.stderr, process.stderr),
        }),
      },
    },
  );
  await list.run();
  const [output] = outputs;
  if (outputs.length === 0) throw new Error('the work ended without a result');
  return output as T; // one was pushed, and T may admit undefined
}

export function headline(progress: RunProgress): string {
  if ('attempted' in progress) return profilesHeadline(progress);
  return 'highWatermark' in progress ? ingestHeadline(progress) : tablesHeadline(progress);
}

/** `Athlete Profile · sending profiles · 1,200 of 5,000 rows upserted · 1,210 attempted · 10 failed` */
function profilesHeadline({ form, phase, result, rows, upserted, attempted, failed }: AmsProgress): string {
  const counts =
    rows === 0
      ? []
      : [
          `${grouped(upserted)} of ${counted(rows, 'row')} upserted`,
          `${grouped(attempted)} attempted`,
          ...(failed === 0 ? [] : [`${grouped(failed)} failed`]),
        ];
  return [form, result === undefined ? phase : `${phase}: ${result}`, ...counts]
    .filter((part) => part !== '')
    .join(' · ');
}

/** `ingesting · 12 batches · 120,000 rows · high watermark 42` */
function ingestHeadline({ phase, batches, rows, highWatermark }: IngestProgress): string {
  const mark = JSON.stringify(highWatermark);
  const shown = mark.length > MAX_WATERMARK ? `${mark.slice(0, MAX_WATERMARK - 1)}…` : mark;
  return `${phase} · ${counted(batches, 'batch', 'batches')} · ${counted(rows, 'row')} · high watermark ${shown}`;
}

function tablesHeadline({ phase, totals, batchId }: ProgressView): string {
  const done = totals.success + totals.skipped + totals.failed;
  const failed = totals.failed > 0 ? ` · ${grouped(totals.failed)} failed` : '';
  const batch = batchId === undefined ? '' : ` · batch ${batchId}`;
  return `${phase}${batch} · ${grouped(done)} of ${grouped(totals.tables)} done${failed} · ${grouped(totals.rows)} rows`;
}

function progressLines(progress: RunProgress): string[] {
  if ('attempted' in progress) return [printable(headline(progress))];
  return 'highWatermark' in progress
    ? [headline(progress), ...waitingLines(progress)].map(printable)
    : tableLines(progress);
}

/** Who is in the way, by process id at the server. */
function waitingLines({ waitingFor = [] }: IngestProgress): string[] {
  return waitingFor.map(({ pid, user, application, seconds }) => {
    const who = [user, application].filter((name) => name !== null && name !== '').join(', ');
    const since = seconds === null ? '' : `, in its transaction for ${seconds} s`;
    return `waits for session ${pid}${who === '' ? '' : ` (${who})`}${since}`;
  });
}

function tableLines(view: ProgressView): string[] {
  const shown = view.tables.slice(0, MAX_LINES);
  const table = columns(shown, [
    { title: 'table', cell: ({ name }) => name },
    { title: 'rows', cell: ({ rows }) => (rows === undefined ? '' : grouped(rows)), right: true },
    { title: 'bytes', cell: ({ bytes }) => (bytes === undefined ? '' : bytesText(bytes)), right: true },
    { title: 'state', cell: ({ state }) => state },
  ]);
  const more = view.totals.tables - shown.length;
  return [headline(view), ...(shown.length > 0 ? table : []), ...(more > 0 ? [`… and ${grouped(more)} more`] : [])].map(
    printable,
  );
}

/** Remarks alone. */
export const QUIET: ProgressDisplay = { show: () => undefined, say: note };

/** Tells each change once. */
function linesOfChanges(): ProgressDisplay['show'] {
  const states = new Map<string, string>();
  let last = '';
  let lastWaiting = '';
  return (view) => {
    const head = headline(view);
    if (head !== last) note(head);
    last = head;
    if ('attempted' in view) return;
    if ('highWatermark' in view) {
      const waiting = waitingLines(view)
        .join('; ')
        .replaceAll(/, in its transaction for \d+ s/gu, '');
      if (waiting !== '' && waiting !== lastWaiting) note(`  ${waiting}`);
      lastWaiting = waiting;
      return;
    }
    for (const { name, state, rows } of view.tables) {
      if (states.get(name) === state) continue;
      states.set(name, state);
      note(`  ${name}: ${state}${rows === undefined ? '' : `, ${grouped(rows)} rows`}`);
    }
  };
}
