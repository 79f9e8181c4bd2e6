import type { IngestStretch } from '../../contracts/activities.js';
import { TidemarkError } from '../../contracts/errors.js';
import type { IngestCallProgress, IngestResult, JsonValue, RunSoFar } from '../../connectors/postgres/index.js';
import { toFailure } from '../failure.js';
import type { Step } from '../step.js';
import { shownWatermark } from './shown-watermark.js';

/** What heartbeats carry of a stretch: for people, and for the next attempt. */
export interface StretchCursor {
  phase: string;
  batches: number;
  rows: number;
  /** The committed one. */
  highWatermark: JsonValue;
  /** The one that the stretch began with. */
  from: JsonValue;
  waitingFor?: { pid: number; user: string | null; application: string | null; seconds: number | null }[];
  /** What the source remembers. */
  source?: JsonValue;
}

/** Counts what a stretch has committed, over all attempts of its activity. */
export class Tally {
  leftOut = 0;
  private lostByServer = 0;
  private cursor: StretchCursor;
  private readonly earlier: { batches: number; rows: number };

  constructor(
    private readonly step: Pick<Step<StretchCursor>, 'mark' | 'resumed'>,
    /** What the run's earlier stretches have committed. */
    private readonly committed: RunSoFar,
  ) {
    const { resumed } = step;
    this.earlier = { batches: resumed?.batches ?? 0, rows: resumed?.rows ?? 0 };
    this.cursor = { ...START, ...resumed, phase: 'waiting for the table' };
  }

  /**
   * The watermark is read. Error `HIGH_WATERMARK_MOVED` when another run has committed since this one's latest batch. A server that
   * has lost what it had committed (asynchronous commits, a failover) has fewer batches of this run: what it has decides.
   * @param soFar what this run has committed, by the target
   */
  begin(highWatermark: JsonValue, soFar: RunSoFar): void {
    const known = this.committed.batches + this.earlier.batches;
    if (soFar.batches === 0 && known > 0) throw moved();
    this.lostByServer += Math.max(0, known - soFar.batches);
    // Heartbeats come late: an attempt that died may have committed more than it could tell.
    this.earlier.batches = soFar.batches - this.committed.batches;
    this.earlier.rows = soFar.rows - this.committed.rows;
    const shown = shownWatermark(highWatermark);
    const { resumed } = this.step;
    const from = resumed === undefined ? shown : resumed.from;
    this.set({ phase: 'ingesting', ...this.earlier, highWatermark: shown, from });
  }

  progress({ batches, rows, highWatermark, waitingFor }: IngestCallProgress): void {
    this.set({
      phase: waitingFor.length > 0 ? 'waiting for others' : 'ingesting',
      batches: this.earlier.batches + batches,
      rows: this.earlier.rows + rows,
      highWatermark: shownWatermark(highWatermark),
      waitingFor: waitingFor.map(({ pid, user, application, transactionSeconds }) => ({
        pid,
        user,
        application,
        seconds: transactionSeconds === null ? null : Math.round(transactionSeconds),
      })),
    });
  }

  remember(source: JsonValue): void {
    this.set({ source });
  }

  ended({ batches, rows, highWatermark, tables }: IngestResult, usedUp: boolean): IngestStretch {
    return {
      batches: this.earlier.batches + batches,
      rows: this.earlier.rows + rows,
      quarantined: tables.reduce((sum, table) => sum + table.quarantined, 0),
      leftOut: this.leftOut,
      lostByServer: this.lostByServer,
      highWatermark: { from: this.cursor.from, to: shownWatermark(highWatermark.to) },
      // Of one table it is known what all attempts did; of several each attempt counts its own.
      tables: tables.length === 1 ? tables.map((table) => ({ ...table, rows: this.earlier.rows + rows })) : tables,
      usedUp,
    };
  }

  /** The failure with what was committed before it: it is kept, and the run's result says so. */
  inFailure(error: unknown): Error {
    const { batches, rows, from, highWatermark } = this.cursor;
    const soFar: IngestStretch = {
      batches,
      rows,
      quarantined: 0,
      leftOut: this.leftOut,
      lostByServer: this.lostByServer,
      highWatermark: { from, to: highWatermark },
      tables: [],
      usedUp: false,
    };
    return toFailure(error, soFar);
  }

  private set(change: Partial<StretchCursor>): void {
    this.cursor = { ...this.cursor, ...change };
    this.step.mark(this.cursor);
  }
}

const START: StretchCursor = { phase: 'starting', batches: 0, rows: 0, highWatermark: null, from: null };

function moved(): TidemarkError {
  return new TidemarkError('Another run has committed to the table between two batches of this one.', {
    code: 'HIGH_WATERMARK_MOVED',
    retryable: false,
    mend: 'Nothing is lost: what is committed stays. Start the run again, and let one run at a time feed a table.',
  });
}
