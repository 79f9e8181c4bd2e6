import type { IngestStretch, TargetWatermark } from '../../contracts/activities.js';
import type { PostgresIngestOptions } from '../../contracts/postgres-inputs.js';
import type { IngestWatermarkNote } from '../../contracts/postgres-results.js';
import { INGEST_KEY, type Opened, type PendingOverride, type Rebuild } from '../../contracts/watermark.js';
import { jsonEqual } from '../json-equal.js';
import { postgres, watermark } from '../steps.js';
import { valueOf } from '../watermark/decide.js';
import { watermarkErrorOf } from '../watermark/error.js';

/** What a run knows of the copy that the watermark workflow holds; carried over by continue-as-new. */
export interface IngestMark {
  value: unknown;
  /** How many times this run has advanced it. */
  sequence: number;
  /** What a person has set and this run begins from, until the target has committed it. */
  pending?: PendingOverride;
  note: IngestWatermarkNote;
}

/** Whose mark it is. */
export interface MarkOwner {
  options: Pick<PostgresIngestOptions, 'pipeline' | 'target' | 'tables' | 'adopt'>;
  run: string;
}

/**
 * Reads both copies and what a person has set. Where they differ, the table's takes the place of the other. A watermark workflow that
 * can't be reached holds nothing up: the table has its own copy, and the next run tells of it.
 */
export async function beginMark({ options, run }: MarkOwner): Promise<IngestMark> {
  const { pipeline, target, adopt } = options;
  const [table] = options.tables;
  if (table === undefined) throw new TypeError('an ingest has a table');
  const [opened, stored] = await Promise.all([
    open(pipeline, run),
    postgres(`Read the high watermark of ${table.schema}.${table.name}`).postgresReadWatermark({
      target,
      table: { schema: table.schema, name: table.name },
    }),
  ]);
  if ('notRecorded' in opened) return { value: null, sequence: 0, note: opened };
  const owner = stored.marker?.pipeline ?? null;
  // The ingest itself refuses it.
  if (owner !== null && owner !== pipeline && !adopt)
    return { value: null, sequence: 0, note: { notRecorded: 'the table belongs to another pipeline' } };
  return reconcile({ options, run }, opened, stored);
}

async function open(pipeline: string, run: string): Promise<Opened | { notRecorded: string }> {
  try {
    return await watermark(`Read the high watermark of ${pipeline}`).tidemarkOpenWatermarks({
      pipeline,
      run,
      keys: [INGEST_KEY],
    });
  } catch (error) {
    return { notRecorded: watermarkErrorOf(error).message };
  }
}

async function reconcile({ options, run }: MarkOwner, opened: Opened, stored: TargetWatermark): Promise<IngestMark> {
  const held = opened.watermarks[INGEST_KEY];
  const pending = opened.overrides[INGEST_KEY];
  const isDone = pending !== undefined && stored.marker?.override === pending.id;
  const mark: IngestMark = {
    value: held?.value ?? null,
    sequence: held?.run === run ? held.sequence : 0,
    ...(pending === undefined || isDone ? {} : { pending }),
    note: {},
  };
  const isSame = stored.unreadable === true || jsonEqual(mark.value, stored.value);
  if (isSame && !isDone) return mark;
  const reason = isDone ? 'a run before this one had applied it' : whyDifferent(opened);
  try {
    const rebuild: Rebuild = {
      key: INGEST_KEY,
      // JSON, as the activity has brought it.
      to: stored.value as Rebuild['to'],
      run,
      reason,
      ...(isDone ? { override: pending.id } : {}),
    };
    await watermark(`Take the high watermark over from ${options.target}`).tidemarkRebuildWatermark({
      pipeline: options.pipeline,
      ...rebuild,
    });
  } catch (error) {
    return { ...mark, note: { notRecorded: watermarkErrorOf(error).message } };
  }
  // One that has never been held differs from nothing.
  const isNews = !isSame && !isDone && (held !== undefined || opened.lost !== undefined);
  const differed = { workflow: mark.value, table: stored.value, reason };
  return { ...mark, value: stored.value, sequence: 0, note: isNews ? { differed } : {} };
}

function whyDifferent({ watermarks, lost }: Opened): string {
  if (watermarks[INGEST_KEY] !== undefined)
    return 'the table decides: a run ended before it had told of its last batch, or the database was restored';
  if (lost === undefined) return 'taken from the table, which had it before';
  return `rebuilt from the table: the workflow that held it ended as ${lost.status}${lost.at === null ? '' : ` at ${lost.at}`}`;
}

/** What the stretches are asked for: a pending override comes before what the input says. */
export function startingFrom(
  options: PostgresIngestOptions,
  mark: IngestMark | undefined,
): { options: PostgresIngestOptions; override?: string } {
  if (mark?.pending === undefined) return { options };
  const { id, kind } = mark.pending;
  // A value that was set has been checked to be JSON.
  const start = kind === 'reset' ? '__EARLIEST__' : (valueOf(mark.pending) as PostgresIngestOptions['highWatermark']);
  return { options: { ...options, highWatermark: start }, override: id };
}

/** Tells the watermark workflow what a stretch has committed. */
export async function recordStretch(
  { options, run }: MarkOwner,
  mark: IngestMark,
  stretch: Pick<IngestStretch, 'batches' | 'highWatermark'>,
): Promise<IngestMark> {
  if (mark.note.notRecorded !== undefined || stretch.batches === 0) return mark;
  const { pending, ...rest } = mark;
  const sequence = mark.sequence + 1;
  const to = stretch.highWatermark.to;
  try {
    await watermark(`Advance the high watermark of ${options.pipeline}`).tidemarkAdvanceWatermark({
      pipeline: options.pipeline,
      key: INGEST_KEY,
      // JSON, as activities have brought it.
      from: (pending === undefined ? mark.value : valueOf(pending)) as Rebuild['to'],
      to: to as Rebuild['to'],
      run,
      sequence,
      ...(pending === undefined ? {} : { override: pending.id }),
    });
  } catch (error) {
    return { ...mark, note: { ...mark.note, notRecorded: watermarkErrorOf(error).message } };
  }
  const override = pending === undefined ? {} : { override: noteOf(pending, true) };
  return { ...rest, value: to, sequence, note: { ...mark.note, ...override } };
}

/** For the result; undefined when there is nothing to say. */
export function noteOfMark(mark: IngestMark | undefined): IngestWatermarkNote | undefined {
  if (mark === undefined) return undefined;
  const note = mark.pending === undefined ? mark.note : { ...mark.note, override: noteOf(mark.pending, false) };
  return Object.keys(note).length === 0 ? undefined : note;
}

function noteOf(
  { id, kind, by, reason }: PendingOverride,
  applied: boolean,
): NonNullable<IngestWatermarkNote['override']> {
  return { id, kind, by, reason, applied };
}
