import type { IngestBatch } from '../../connectors/postgres/port.js';

/** After this long a stretch ends with the batch that is under way, so that a run shows how far it has come. */
const STRETCH_MS = 10 * 60_000;

/** Passes batches on until there are enough; tells whether the source had come to its end. */
export class Stretch {
  usedUp = false;
  private isLast = false;

  constructor(
    private readonly maxBatches: number,
    private readonly milliseconds = STRETCH_MS,
  ) {}

  /** Nothing comes after the batch that is yielded next: the source need not be asked again, in another stretch, to say so. */
  announceLast(): void {
    this.isLast = true;
  }

  /** A batch is as good as committed when the next one is asked for: one that fails ends all that come behind it. */
  async *of(batches: AsyncIterable<IngestBatch> | Iterable<IngestBatch>): AsyncGenerator<IngestBatch> {
    const end = performance.now() + this.milliseconds;
    let count = 0;
    for await (const batch of batches) {
      yield batch;
      count += 1;
      this.usedUp = this.isLast;
      // Leaving the loop ends the source.
      if (this.isLast || count >= this.maxBatches || performance.now() >= end) return;
    }
    this.usedUp = true;
  }
}
