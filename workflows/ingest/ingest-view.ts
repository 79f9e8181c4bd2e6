import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { PostgresIngestOptions } from '../../contracts/postgres-inputs.js';
import type { IngestProgress } from '../../contracts/postgres-results.js';
import { counted, grouped } from '../../contracts/readable.js';
import { ENDS, instant, row, text } from '../markdown.js';
import { targetText, watermarkText } from './result.js';
import { NOTHING_YET, type IngestTotals } from './totals.js';

export const ingestProgressQuery = defineQuery<IngestProgress>('progress');

const MAX_SHOWN = 25;
const MAX_NOTE = 1_000;

/**
 * What a person sees of an ingest: the Web UI's current details and the query `progress`. Both stand as of the latest stretch's end;
 * what goes on within a stretch is in the heartbeats of its activity.
 */
export class IngestView {
  private title: string = workflowInfo().workflowType;
  private phase = 'starting';
  private since = Date.now();
  private note: string | undefined;
  private sum = NOTHING_YET;

  constructor() {
    setHandler(ingestProgressQuery, () => this.progress(), {
      description: 'What the run has committed, as of the latest stretch of batches.',
    });
    this.show();
  }

  /** What the run is about, as soon as that is known. */
  about(options: PostgresIngestOptions): void {
    this.title = `Ingest of ${options.pipeline} into ${targetText(options)}`;
    this.show();
  }

  enter(phase: string, note?: string): void {
    if (phase !== this.phase) this.since = Date.now();
    this.phase = phase;
    this.note = note;
    this.show();
  }

  totals(totals: IngestTotals): void {
    this.sum = totals;
    this.show();
  }

  private progress(): IngestProgress {
    const { batches, rows, quarantined, highWatermark } = this.sum;
    return { phase: this.phase, batches, rows, quarantined, highWatermark: highWatermark.to };
  }

  private show(): void {
    setCurrentDetails(ingestMarkdown({ ...this.sum, ...this.shown() }));
  }

  private shown(): Shown {
    const { title, phase, since, note } = this;
    return { title, phase, since, note };
  }
}

interface Shown {
  title: string;
  phase: string;
  /** Milliseconds since 1970. */
  since: number;
  note: string | undefined;
}

/** The current details of an ingest, for the Web UI. */
export function ingestMarkdown(run: IngestTotals & Shown): string {
  const { title, phase, since, note, batches, rows, stretches, highWatermark, tables } = run;
  const shown = tables.slice(0, MAX_SHOWN);
  const lines = shown.map((table) =>
    row([
      text(`${table.schema}.${table.table}`),
      grouped(table.rows),
      table.quarantined === 0 ? '' : grouped(table.quarantined),
      table.migration,
    ]),
  );
  return [
    `### ${text(title)}`,
    `**${text(phase)}** ${ENDS.includes(phase) ? 'at' : 'since'} ${instant(since)} UTC`,
    ...(note === undefined ? [] : [`> ${text(note, MAX_NOTE)}`]),
    ...(stretches === 0
      ? []
      : [
          `${counted(batches, 'batch', 'batches')} · ${counted(rows, 'row')} · high watermark ${text(watermarkText(highWatermark.to))}`,
          [row(['table', 'rows', 'quarantined', 'definition']), '|:-|-:|-:|:-|', ...lines].join('\n'),
        ]),
    ...(tables.length > shown.length ? [`… and ${grouped(tables.length - shown.length)} more`] : []),
  ].join('\n\n');
}
