import type { IngestStretch, IngestStretchInput, PostgresActivities } from '../../contracts/activities.js';
import type { PostgresIngestOptions } from '../../contracts/postgres-inputs.js';
import { TidemarkError } from '../../contracts/errors.js';
import { ingest, readWatermark, type Postgres } from '../../connectors/postgres/index.js';
import { named } from '../registry.js';
import { runStep, type Step } from '../step.js';
import { targetWatermark } from './read-watermark.js';
import { refuseManyRows } from '../inline-rows.js';
import type { PostgresDependencies } from './dependencies.js';
import { byName, type DefinedHook } from './sources/define.js';
import { openSource } from './sources/open-source.js';
import { removeTombstones } from './sources/titanrdm.js';
import { Stretch } from './stretch.js';
import { Tally, type StretchCursor } from './tally.js';

/**
 * Attempts from this one on end their stretch with the first batch that they commit: the next stretch counts its attempts anew, so a run
 * fails when it does not get on, not when it met many faults on a long way.
 */
const BRIEF_FROM_ATTEMPT = 4;

export function ingestActivities(dependencies: PostgresDependencies): PostgresActivities {
  return {
    postgresReadWatermark: ({ target, table }) =>
      runStep(() =>
        targetWatermark(named('connection of type postgres', dependencies.databases, target).client, table),
      ),

    postgresIngestStretch: (input) =>
      runStep<StretchCursor, IngestStretch>((step) => ingestStretch(input, dependencies, step)),
  };
}

async function ingestStretch(
  input: IngestStretchInput,
  dependencies: PostgresDependencies,
  step: Step<StretchCursor>,
): Promise<IngestStretch> {
  const { options, run } = input;
  const { client } = named('connection of type postgres', dependencies.databases, options.target);
  if (options.source.type === 'rows') refuseManyRows(options.source.rows.length, dependencies.maxInlineRows);
  const { batches: source, askAhead } = openSource(options, dependencies);
  const onBeforeVisible = hookOf(options, dependencies);
  const tally = new Tally(step, { batches: input.committed, rows: input.committedRows });
  const stretch = new Stretch(step.attempt < BRIEF_FROM_ATTEMPT ? options.batchesPerStretch : 1);
  const { pipeline, tables, adopt, quarantine, endBlockersAfterSeconds } = options;
  try {
    const result = await ingest(
      client,
      tables,
      (highWatermark, soFar) => {
        tally.begin(highWatermark, soFar);
        return stretch.of(
          source(highWatermark, {
            pipeline,
            run,
            tables,
            options: options.source.type === 'source' ? (options.source.options ?? {}) : {},
            committedBatches: soFar.batches,
            signal: step.signal,
            announceLast: () => stretch.announceLast(),
            leaveOut: (rows) => (tally.leftOut = rows),
            remembered: step.resumed?.source,
            remember: (value) => tally.remember(value),
          }),
        );
      },
      {
        highWatermark: options.highWatermark,
        visibility: options.visibility,
        upsert: options.upsert,
        delete: options.delete,
        maxRowsPerTableBuffer: options.maxRowsPerTableBuffer,
        sessions: options.sessions,
        askAhead,
        ...(onBeforeVisible === undefined ? {} : { onBeforeVisible }),
        ...(quarantine === undefined ? {} : { quarantine }),
        run: { pipeline, run, adopt, ...(input.override === undefined ? {} : { override: input.override }) },
        blocking: endBlockersAfterSeconds === undefined ? {} : { endAfterSeconds: endBlockersAfterSeconds },
        signal: step.signal,
        onProgress: (progress) => tally.progress(progress),
      },
    );
    return tally.ended(result, stretch.usedUp);
  } catch (error) {
    throw tally.inFailure(await ownDoing(error, client, input));
  }
}

/** An attempt that was taken for dead may have committed meanwhile: then the watermark was moved by this run, which goes on from there. */
async function ownDoing(error: unknown, client: Postgres, { options, run }: IngestStretchInput): Promise<unknown> {
  const [table] = options.tables;
  if (!(error instanceof TidemarkError) || error.code !== 'HIGH_WATERMARK_MOVED' || table === undefined) return error;
  // Where it cannot be read, the error stays what it is.
  const stored = await readWatermark(client, table).catch(() => undefined);
  if (stored?.marker?.run !== run) return error;
  return new TidemarkError(error.message, { code: error.code, retryable: true, cause: error });
}

/** The hook that the input names; before it, what the source itself wants done. */
function hookOf(options: PostgresIngestOptions, { hooks = [] }: PostgresDependencies): DefinedHook['run'] | undefined {
  const { source, onBeforeVisible } = options;
  const own = onBeforeVisible === undefined ? undefined : named('hook', byName('hook', hooks), onBeforeVisible).run;
  if (source.type !== 'titanrdm' || source.tombstones !== 'delete') return own;
  return async (batch) => {
    await removeTombstones(batch);
    await own?.(batch);
  };
}
