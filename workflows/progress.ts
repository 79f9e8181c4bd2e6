import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { ProgressView, Totals } from '../contracts/titan-results.js';

/** Query `progress`: what `tidemark run --wait` shows. */
export const progressQuery = defineQuery<ProgressView>('progress');

const MAX_SHOWN = 50;

interface Line {
  name: string;
  state: string;
  rows?: number;
  bytes?: number;
  ended: boolean;
}

/** What a person sees of a running workflow: the Web UI's current details and the query `progress`. */
export class Progress {
  private phase = 'starting';
  private batchId: string | undefined;
  private readonly lines = new Map<string, Line>();

  constructor(private readonly title: string) {
    setHandler(progressQuery, () => this.view());
    this.show();
  }

  enter(phase: string): void {
    this.phase = phase;
    this.show();
  }

  batch(id: string | undefined): void {
    this.batchId = id;
  }

  table(name: string, state: string, done?: { rows?: number; bytes?: number }): void {
    this.lines.set(name, { name, state, ended: false, ...done });
    this.show();
  }

  ended(name: string, state: string, done: { rows?: number; bytes?: number } = {}): void {
    this.lines.set(name, { name, state, ended: true, ...done });
    this.show();
  }

  private view(): ProgressView {
    const all = [...this.lines.values()];
    const working = all.filter((line) => !line.ended);
    const ended = all.filter((line) => line.ended);
    return {
      phase: this.phase,
      totals: totalsOf(all),
      ...(this.batchId === undefined ? {} : { batchId: this.batchId }),
      tables: [...working, ...ended.toReversed()].slice(0, MAX_SHOWN).map(({ name, state, rows, bytes }) => ({
        name,
        state,
        ...(rows === undefined ? {} : { rows }),
        ...(bytes === undefined ? {} : { bytes }),
      })),
    };
  }

  private show(): void {
    const { totals, tables } = this.view();
    const batch = this.batchId === undefined ? '' : ` · batch ${this.batchId}`;
    const head = `### ${this.title}\n\n**${this.phase}**${batch} · ${totals.success + totals.skipped + totals.failed} of ${totals.tables} done · ${totals.rows} rows`;
    const rows = tables.map(
      (line) => `| ${cell(line.name)} | ${cell(line.state)} | ${line.rows ?? ''} | ${line.bytes ?? ''} |`,
    );
    const more = totals.tables > tables.length ? `\n\n… and ${totals.tables - tables.length} more` : '';
    setCurrentDetails(
      rows.length === 0
        ? head
        : `${head}\n\n| table | state | rows | bytes |\n| --- | --- | ---: | ---: |\n${rows.join('\n')}${more}`,
    );
  }
}

function totalsOf(lines: readonly Line[]): Totals {
  const totals: Totals = { tables: lines.length, success: 0, skipped: 0, failed: 0, rows: 0, bytes: 0 };
  for (const line of lines) {
    totals.rows += line.rows ?? 0;
    totals.bytes += line.bytes ?? 0;
    if (!line.ended) continue;
    if (line.state.startsWith('skipped')) totals.skipped += 1;
    else if (line.state.startsWith('error')) totals.failed += 1;
    else totals.success += 1;
  }
  return totals;
}

/** Text of others inside a markdown table. */
function cell(text: string): string {
  return text.slice(0, 120).replaceAll(/[|\r\n]/gu, ' ');
}
