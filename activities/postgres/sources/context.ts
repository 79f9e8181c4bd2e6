import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { IngestBatch, JsonValue } from '../../../connectors/postgres/port.js';

/** What a source is told of the run that it feeds. */
export interface SourceContext {
  pipeline: string;
  /** The run's identity: the same in all its attempts. */
  run: string;
  /** The tables of the input, in its order: rows are yielded for these. */
  tables: readonly PostgresTable[];
  /** What the input says beside the source's name. */
  options: Readonly<Record<string, JsonValue>>;
  /**
   * Batches that this run has committed already. Above 0 the source is asked again, after a failed attempt or for the next stretch: it
   * goes on from the watermark that it is given. One that has no use for a watermark yields nothing then.
   */
  committedBatches: number;
  /** Aborted when the run is cancelled or its worker stops. */
  signal: AbortSignal;
}

/** Yields batches that lie behind the watermark, oldest first; null is the beginning. Asked once per attempt and stretch. */
export type SourceFunction = (
  highWatermark: JsonValue,
  context: SourceContext,
) => AsyncIterable<IngestBatch> | Iterable<IngestBatch>;

/** What Tidemark's own sources use besides. */
export interface OwnContext extends SourceContext {
  /** To be called before the batch is yielded that nothing comes after. */
  announceLast: () => void;
  /** Tells how many rows are left out of all that there are. */
  leaveOut: (rows: number) => void;
  /** What an attempt before this one remembered; possibly of another watermark. */
  remembered: JsonValue | undefined;
  /** Tells the next attempt something, for instance of an export that is under way. */
  remember: (value: JsonValue) => void;
}

/** A source that is ready to be asked. */
export type OpenedSource = (
  highWatermark: JsonValue,
  context: OwnContext,
) => AsyncIterable<IngestBatch> | Iterable<IngestBatch>;
