import { TidemarkError } from '../../../contracts/errors.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { IngestSettings } from '../ingest-options.js';
import type { JsonValue, RunSoFar } from '../port.js';
import { quoteTable } from '../quote.js';
import { markerText, parseWatermark, readComment, writeComment, type Marker, type Stored } from './comment.js';
import { jsonText } from './json-text.js';

/** The watermark of a table, or who wrote it, is not what the call has started from: somebody else has committed. */
export class HighWatermarkMoved extends TidemarkError {
  override readonly name = 'HighWatermarkMoved';

  constructor(table: PostgresTable) {
    super(`The high watermark of ${quoteTable(table)} was moved by another run: nothing of this batch was written.`, {
      code: 'HIGH_WATERMARK_MOVED',
      retryable: false,
      mend: 'One run at a time may write to a table. Start again: it goes on from where the other one is.',
    });
  }
}

/** Where a call begins, by what the table says and what its caller wants. */
export interface Start {
  /** Handed to the source. */
  from: JsonValue;
  /** Rows that are there go with the first batch. */
  deleteFirst: boolean;
  /** What earlier calls of the same run have committed. */
  committed: RunSoFar;
}

/** What a call expects to find at each batch, and writes there. Pure: the comment is read and written elsewhere. */
export class Progress {
  readonly start: Start;
  #expected: { watermark: string | null; markerText: string | null };
  #sequence: number;
  #rows: number;
  #override: string | null;
  /** Value of the committed watermark. */
  value: JsonValue;

  /** @throws TidemarkError TABLE_OF_OTHER_PIPELINE, HIGH_WATERMARK_BAD */
  constructor(
    private readonly table: PostgresTable,
    comment: string | null,
    private readonly settings: IngestSettings,
  ) {
    const { run } = settings;
    const stored = readComment(comment);
    checkOwner(table, stored, settings);
    this.#expected = stored;
    const { marker } = stored;
    // An earlier call of this run has committed: what is done once per run is done.
    const isResumed = marker?.run === run.run;
    const isOverridden = run.override !== undefined && marker?.override === run.override;
    this.#sequence = isResumed ? marker.sequence : 0;
    this.#rows = isResumed ? marker.rows : 0;
    this.#override = marker?.override ?? null;
    const goesOn = isResumed || isOverridden || settings.highWatermark === '__LATEST__';
    // A stored value that cannot be read is no matter to who does not go on from it.
    this.value = goesOn ? parseWatermark(stored.watermark) : readableOrNull(stored.watermark);
    this.start = {
      from: goesOn ? this.value : settings.highWatermark === '__EARLIEST__' ? null : settings.highWatermark,
      deleteFirst: settings.delete === '__BEFORE_FIRST_BATCH__' && !isResumed,
      committed: { batches: this.#sequence, rows: this.#rows },
    };
  }

  /** @throws HighWatermarkMoved when the comment is not the one that this call has read or written last. */
  check(comment: string | null): void {
    const stored = readComment(comment);
    checkOwner(this.table, stored, this.settings);
    if (stored.watermark !== this.#expected.watermark || stored.markerText !== this.#expected.markerText)
      throw new HighWatermarkMoved(this.table);
  }

  /**
   * @param comment The one that was checked.
   * @param rows Those that arrived with the batch.
   * @throws TidemarkError HIGH_WATERMARK_BAD for a value that is no JSON.
   */
  next(comment: string | null, value: JsonValue, rows: number): { comment: string; committed: () => void } {
    const watermark = jsonText(value);
    const { run } = this.settings;
    const marker: Marker = {
      pipeline: run.pipeline ?? null,
      run: run.run,
      sequence: this.#sequence + 1,
      rows: this.#rows + rows,
      override: run.override ?? this.#override,
    };
    return {
      comment: writeComment(comment, watermark, marker),
      committed: () => {
        this.#expected = { watermark, markerText: markerText(marker) };
        this.#sequence = marker.sequence;
        this.#rows = marker.rows;
        // Not the source's own object, which it may change.
        this.value = parseWatermark(watermark);
      },
    };
  }
}

function checkOwner(table: PostgresTable, { marker }: Stored, { run }: IngestSettings): void {
  const owner = marker?.pipeline ?? null;
  if (run.adopt || owner === null || owner === run.pipeline) return;
  throw new TidemarkError(
    `The high watermark of ${quoteTable(table)} belongs to pipeline ${JSON.stringify(owner)}` +
      `${run.pipeline === undefined ? '' : `, not to ${JSON.stringify(run.pipeline)}`}.`,
    {
      code: 'TABLE_OF_OTHER_PIPELINE',
      retryable: false,
      mend: 'Give each pipeline tables of its own, or take this one over with the option adopt.',
    },
  );
}

function readableOrNull(text: string | null): JsonValue {
  try {
    return parseWatermark(text);
  } catch (error) {
    if (error instanceof TidemarkError) return null;
    throw error;
  }
}
