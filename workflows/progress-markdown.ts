import { bytesText, counted, grouped, secondsText } from '../contracts/readable.js';
import { ENDS, instant, row, text, unbroken, valueText } from './markdown.js';

/** Where a table is on its way. */
export type ProgressStage = 'failed' | 'in work' | 'sent' | 'success' | 'skipped' | 'waiting';

export interface ProgressLine {
  name: string;
  /** In the words of the query `progress`: `sending`, `skipped (empty)`, `error: ...`. */
  state: string;
  stage: ProgressStage;
  /** Milliseconds since 1970: the latest change, and when it was taken in hand. */
  changed: number;
  began?: number;
  /** From then until it was sent or ended. */
  seconds?: number;
  rows?: number;
  bytes?: number;
}

export interface ProgressDetails {
  title: string;
  noun: string;
  phase: string;
  /** Milliseconds since 1970. */
  since: number;
  note: string | undefined;
  batchId: string | undefined;
  /** High watermarks by table, where the pipeline keeps them; null: none yet. */
  marks?: ReadonlyMap<string, unknown>;
  lines: readonly ProgressLine[];
}

/** The Web UI hands the markdown to its renderer inside an address, and a proxy before it may refuse one above 8 kB. */
const MAX_SHOWN = 25;
const MAX_NOTE = 1_000;
const MAX_REASONS = 5;
const MAX_REASON = 300;
const MAX_MARKS = 12;
const MAX_MARK = 40;

/** Failed ones first, then those in work, sent, ended (the latest first); what only waits comes last. */
const ORDER: readonly ProgressStage[] = ['failed', 'in work', 'sent', 'success', 'skipped', 'waiting'];

const SIGNS: Record<ProgressStage, string> = {
  failed: '✗',
  'in work': '▸',
  sent: '✓',
  success: '✓',
  skipped: '–',
  waiting: '○',
};

/** The lines in the order in which they matter to somebody who watches. */
export function inOrder(lines: readonly ProgressLine[]): ProgressLine[] {
  const groups = new Map<ProgressStage, ProgressLine[]>(ORDER.map((stage) => [stage, []]));
  for (const line of lines) groups.get(line.stage)?.push(line);
  return [...groups].flatMap(([stage, group]) =>
    stage === 'waiting' || stage === 'in work' ? group : group.sort((a, b) => b.changed - a.changed),
  );
}

/** The current details of a run, for the Web UI: what it is doing, since when, and a small table. */
export function progressMarkdown({ title, noun, phase, since, note, batchId, marks, lines }: ProgressDetails): string {
  const batch = batchId === undefined ? '' : ` · batch ${text(batchId)}`;
  const ordered = inOrder(lines);
  const shown = ordered.slice(0, MAX_SHOWN);
  const more = lines.length - shown.length;
  return [
    `### ${text(title)}`,
    `**${text(phase)}** ${ENDS.includes(phase) ? 'at' : 'since'} ${instant(since)} UTC${batch}`,
    ...(note === undefined ? [] : [`> ${text(note, MAX_NOTE)}`]),
    ...(lines.length === 0 ? [] : [countsOf(ordered, noun), tableOf(shown, noun)]),
    ...(more > 0 ? [`… and ${grouped(more)} more`] : []),
    ...reasonsOf(ordered, note),
    ...marksOf(ordered, marks),
  ].join('\n\n');
}

/** `9 tables: 3 sending, 5 sent, 1 skipped · 24,510 rows · 480.5 kB` */
function countsOf(lines: readonly ProgressLine[], noun: string): string {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const label = line.stage === 'in work' || line.stage === 'waiting' ? line.state : line.stage;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const states = [...counts].map(([label, count]) => `${grouped(count)} ${text(label)}`).join(', ');
  const rows = lines.reduce((sum, line) => sum + (line.rows ?? 0), 0);
  const bytes = lines.reduce((sum, line) => sum + (line.bytes ?? 0), 0);
  const sizes = rows + bytes === 0 ? '' : ` · ${grouped(rows)} rows · ${bytesText(bytes)}`;
  return `${counted(lines.length, noun)}: ${states}${sizes}`;
}

function tableOf(lines: readonly ProgressLine[], noun: string): string {
  const rows = lines.map((line) => {
    const sized = line.stage !== 'skipped' && line.stage !== 'failed';
    return row([
      text(line.name),
      stateOf(line),
      sized && line.rows !== undefined ? grouped(line.rows) : '',
      sized && line.bytes !== undefined ? unbroken(bytesText(line.bytes)) : '',
      timeOf(line),
    ]);
  });
  return [row([noun, 'state', 'rows', 'size', 'time']), '|:-|:-|-:|-:|-:|', ...rows].join('\n');
}

/** Why tables failed, unless the note says it already. */
function reasonsOf(lines: readonly ProgressLine[], note = ''): string[] {
  const reasons = lines
    .filter(({ stage }) => stage === 'failed')
    .map(({ name, state }) => ({ name, reason: state.replace(/^error: /u, '') }))
    .filter(({ reason }) => !note.includes(reason));
  const shown = reasons
    .slice(0, MAX_REASONS)
    .map(({ name, reason }) => `- **${text(name)}:** ${text(reason, MAX_REASON)}`);
  return shown.length === 0 ? [] : [shown.join('\n')];
}

/** A table of its own: beside the sizes there is no room for an instant. */
function marksOf(lines: readonly ProgressLine[], marks: ProgressDetails['marks'] = new Map()): string[] {
  if (marks.size === 0) return [];
  const named = lines.filter(({ name }) => marks.has(name));
  const rows = named.slice(0, MAX_MARKS).map(({ name }) => row([text(name), markText(marks.get(name))]));
  const more = named.length - rows.length;
  return [
    [row(['table', 'high watermark']), '|:-|:-|', ...rows].join('\n'),
    ...(more > 0 ? [`… and ${grouped(more)} more: query watermarks of the workflow that holds them`] : []),
  ];
}

function markText(value: unknown): string {
  return value === null || value === undefined ? 'none yet' : valueText(value, MAX_MARK);
}

function stateOf({ stage, state }: ProgressLine): string {
  const sign = SIGNS[stage];
  if (stage === 'failed') return `${sign}\u00a0**failed**`;
  return stage === 'in work' ? `${sign}\u00a0**${text(state)}**` : `${sign}\u00a0${text(state)}`;
}

function timeOf({ stage, began, seconds }: ProgressLine): string {
  if (seconds !== undefined) return unbroken(secondsText(seconds));
  return stage === 'in work' && began !== undefined ? unbroken(`since ${instant(began).slice(11)}`) : '';
}
