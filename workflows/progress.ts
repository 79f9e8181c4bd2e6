import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ProgressView, Totals } from '../contracts/titan-results.js';
import { inOrder, progressMarkdown, type ProgressLine } from './progress-markdown.js';

/** Query `progress`: what `tidemark run --wait` shows. */
export const progressQuery = defineQuery<ProgressView>('progress');

const MAX_IN_QUERY = 50;

/** Sizes of a table, as far as they are known. */
interface Size {
  rows?: number;
  bytes?: number;
}

/** What a person sees of a running workflow: the Web UI's current details and the query `progress`. */
export class Progress {
  private title: string = workflowInfo().workflowType;
  private noun: 'table' | 'domain' = 'table';
  private phase = 'starting';
  private since = Date.now();
  private note: string | undefined;
  private batchId: string | undefined;
  private held = false;
  private readonly lines = new Map<string, ProgressLine>();
  private readonly marks = new Map<string, unknown>();

  constructor() {
    setHandler(progressQuery, () => this.view(), {
      description: 'What the run is doing, its totals, and up to 50 of its tables: those that matter now come first.',
    });
    this.show();
  }

  /** What the run is about, as soon as that is known; `noun`: what a line is about. */
  about(title: string, noun: 'table' | 'domain' = 'table'): void {
    this.title = title;
    this.noun = noun;
    this.show();
  }

  /** The run is in another phase from now on. `note`: what a person should know of it, the reason of a failure for instance. */
  enter(phase: string, note?: string): void {
    if (phase !== this.phase) this.since = Date.now();
    this.phase = phase;
    this.note = note;
    this.show();
  }

  batch(id: string | undefined): void {
    this.batchId = id;
  }

  /** A table waits (`waiting`, `not sent`), is in work, or has been sent: then its size is known. */
  table(name: string, state: string, done?: Size): void {
    const before = this.lines.get(name);
    const waits = state === 'waiting' || state === 'not sent';
    const goesOn = before?.stage === 'in work';
    const began = waits ? undefined : goesOn || done !== undefined ? before?.began : Date.now();
    const stage = waits ? 'waiting' : done === undefined ? 'in work' : 'sent';
    this.set({ name, state, stage, changed: Date.now(), ...(began === undefined ? {} : { began }), ...sizeOf(done) });
  }

  /** A table has come to its end; `state` is its status. */
  ended(name: string, state: string, done?: Size): void {
    const stage = state.startsWith('error') ? 'failed' : state.startsWith('skipped') ? 'skipped' : 'success';
    this.set({ name, state, stage, changed: Date.now(), ...sizeOf(done) });
  }

  /** What the pipeline holds of a table: where it goes on from, and once its rows are safe where it has come to. */
  mark(name: string, value: unknown): void {
    this.marks.set(name, value);
    this.show();
  }

  /** Shows many changes at once: each alone would write the whole table again. */
  together(changes: () => void): void {
    this.held = true;
    changes();
    this.held = false;
    this.show();
  }

  private set(line: ProgressLine): void {
    const before = this.lines.get(line.name);
    const seconds =
      line.stage === 'in work' || line.stage === 'waiting'
        ? undefined
        : // The time until it was sent says more than the one until the whole batch was processed.
          (before?.seconds ?? (before?.began === undefined ? undefined : (line.changed - before.began) / 1_000));
    this.lines.set(line.name, { ...line, ...(seconds === undefined ? {} : { seconds }) });
    this.show();
  }

  private view(): ProgressView {
    const all = [...this.lines.values()];
    return {
      phase: this.phase,
      totals: totalsOf(all),
      ...(this.batchId === undefined ? {} : { batchId: this.batchId }),
      tables: inOrder(all)
        .slice(0, MAX_IN_QUERY)
        .map((line) => ({ name: line.name, state: line.state, ...sizeOf(line) })),
    };
  }

  private show(): void {
    if (this.held) return;
    const { title, noun, phase, since, note, batchId, marks } = this;
    const lines = [...this.lines.values()];
    setCurrentDetails(progressMarkdown({ title, noun, phase, since, note, batchId, marks, lines }));
  }
}

/** Only these two: a caller may hand over totals that say more. */
function sizeOf({ rows, bytes }: Size = {}): Size {
  return { ...(rows === undefined ? {} : { rows }), ...(bytes === undefined ? {} : { bytes }) };
}

function totalsOf(lines: readonly ProgressLine[]): Totals {
  const totals: Totals = { tables: lines.length, success: 0, skipped: 0, failed: 0, rows: 0, bytes: 0 };
  for (const { stage, rows, bytes } of lines) {
    totals.rows += rows ?? 0;
    totals.bytes += bytes ?? 0;
    if (stage === 'success' || stage === 'skipped' || stage === 'failed') totals[stage] += 1;
  }
  return totals;
}
