import type { IngestSource } from '../../../contracts/postgres-inputs.js';
import type { OpenedSource } from './context.js';

/** Rows of the input itself: one batch per run, whatever the watermark. */
export function rowsSource(source: Extract<IngestSource, { type: 'rows' }>): OpenedSource {
  return function* (_highWatermark, { committedBatches, tables: [table], announceLast }) {
    if (committedBatches > 0 || table === undefined) return;
    announceLast();
    yield { highWatermark: source.highWatermark, rows: source.rows.map((row) => [table, row] as const) };
  };
}
