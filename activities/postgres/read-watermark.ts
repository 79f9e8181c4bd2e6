import type { TargetWatermark } from '../../contracts/activities.js';
import { TidemarkError } from '../../contracts/errors.js';
import { readWatermark, type Postgres } from '../../connectors/postgres/index.js';
import { failureOf } from '../../connectors/postgres/failure-of.js';
import { shownWatermark } from './shown-watermark.js';

/** What the table says, for the comparison with the watermark workflow's copy. */
export async function targetWatermark(
  client: Postgres,
  table: { schema: string; name: string },
): Promise<TargetWatermark> {
  try {
    const { value, marker } = await readWatermark(client, table);
    if (marker === null) return { value: shownWatermark(value), marker };
    const { pipeline, run, override } = marker;
    return { value: shownWatermark(value), marker: { pipeline, run, override } };
  } catch (error) {
    // Who begins from another value does not mind; who goes on from it is told by the ingest itself.
    if (error instanceof TidemarkError && error.code === 'HIGH_WATERMARK_BAD')
      return { value: null, marker: null, unreadable: true };
    throw failureOf(error, 'reading the high watermark');
  }
}
