import type { PostgresIngestOptions } from '../../contracts/postgres-inputs.js';
import type { IngestWatermarkNote, PostgresIngestResult } from '../../contracts/postgres-results.js';
import { counted, grouped } from '../../contracts/readable.js';
import type { IngestTotals } from './totals.js';

export function ingestResult(
  options: PostgresIngestOptions,
  totals: IngestTotals,
  watermark?: IngestWatermarkNote,
): PostgresIngestResult {
  const { batches, rows, quarantined, leftOut, lostByServer, highWatermark, tables } = totals;
  return {
    summary: summaryOf(options, totals) + remarks(watermark),
    batches,
    rows,
    quarantined,
    leftOut,
    lostByServer,
    highWatermark,
    tables,
    ...(watermark === undefined ? {} : { watermark }),
  };
}

/** What nobody should have to look for in the result. */
function remarks({ differed, override }: IngestWatermarkNote = {}): string {
  const also = [
    ...(differed === undefined
      ? []
      : [
          `The watermark workflow had ${watermarkText(differed.workflow)}, the table ${watermarkText(differed.table)}, which decides.`,
        ]),
    ...(override === undefined
      ? []
      : [
          `Begun from what ${override.by} has ${override.kind} (${override.reason})${override.applied ? '' : '; without a batch it stays for the next run'}.`,
        ]),
  ];
  return also.map((sentence) => ` ${sentence}`).join('');
}

/** `3 batches, 30,000 rows into crm.orders; high watermark 7 → 10.` */
function summaryOf(options: PostgresIngestOptions, totals: IngestTotals): string {
  const { from, to } = totals.highWatermark;
  const mark = `high watermark ${watermarkText(from)} → ${watermarkText(to)}`;
  const into = targetText(options);
  if (totals.batches === 0) return `Nothing new for ${into}; high watermark ${watermarkText(to)}.`;
  const also = [
    ...(totals.quarantined > 0 ? [`${counted(totals.quarantined, 'row')} in quarantine`] : []),
    ...(totals.lostByServer > 0
      ? [`${counted(totals.lostByServer, 'batch', 'batches')} that the server had lost written again`]
      : []),
    ...(totals.leftOut > 0 ? [`${grouped(totals.leftOut)} without a cursor left out`] : []),
  ];
  return [`${counted(totals.batches, 'batch', 'batches')}, ${counted(totals.rows, 'row')} into ${into}`, ...also, mark]
    .join('; ')
    .concat('.');
}

/** `crm.orders`, or the first of many tables and how many there are besides. */
export function targetText({ tables }: Pick<PostgresIngestOptions, 'tables'>): string {
  const [first] = tables;
  const name = first === undefined ? '' : `${first.schema}.${first.name}`;
  return tables.length > 1 ? `${name} and ${counted(tables.length - 1, 'other table')}` : name;
}

const MAX_WATERMARK_TEXT = 60;

/** A watermark as JSON, short enough for a line. */
export function watermarkText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_WATERMARK_TEXT ? text : `${text.slice(0, MAX_WATERMARK_TEXT - 1)}…`;
}
