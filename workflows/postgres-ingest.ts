import { ContinueAsNew, continueAsNew, patched, workflowInfo } from '@temporalio/workflow';
import { postgresIngestInputSchema, type PostgresIngestInput } from '../contracts/postgres-inputs.js';
import type { PostgresIngestResult } from '../contracts/postgres-results.js';
import { checkCarried } from './carried.js';
import { errorInfoOf, failWith, resultInFailure } from './failures.js';
import { IngestView } from './ingest/ingest-view.js';
import { beginMark, noteOfMark, recordStretch, startingFrom, type IngestMark } from './ingest/mark.js';
import { ingestResult } from './ingest/result.js';
import { addStretch, isStretch, NOTHING_YET, type IngestTotals } from './ingest/totals.js';
import { parseInput } from './input.js';
import { identityOfRun } from './run-identity.js';
import { ingest } from './steps.js';
import { watchedBy } from './watched.js';

interface Carried {
  version: 1;
  run: string;
  totals: IngestTotals;
  /** Since 0.2.0; not there where an older release has begun the run. */
  mark?: IngestMark;
}

/**
 * Brings batches of rows into PostgreSQL, each committed together with the high watermark that it brings the target to. A failed or
 * cancelled run keeps every batch that it committed, and the next one goes on from there.
 * @param input see {@link postgresIngestInputSchema}
 */
export function postgresIngest(input: PostgresIngestInput, carried?: Carried): Promise<PostgresIngestResult> {
  return watchedBy(new IngestView(), (view) => run(input, view, carried), input);
}

async function run(input: PostgresIngestInput, view: IngestView, carried?: Carried): Promise<PostgresIngestResult> {
  const options = parseInput('postgresIngest', postgresIngestInputSchema, input);
  checkCarried(carried);
  view.about(options);
  const identity = carried?.run ?? identityOfRun();
  const owner = { options, run: identity };
  let totals = carried?.totals ?? NOTHING_YET;
  let mark = carried?.mark;
  const result = (): PostgresIngestResult => ingestResult(options, totals, noteOfMark(mark));
  try {
    // Histories of 0.1.0 know nothing of it.
    if (mark === undefined && patched('ingest-watermark')) mark = await beginMark(owner);
    view.enter('ingesting');
    for (;;) {
      view.totals(totals);
      const stretch = await ingest(
        `Batches ${totals.batches + 1} and on, for ${options.pipeline}`,
      ).postgresIngestStretch({
        ...startingFrom(options, mark),
        run: identity,
        committed: totals.batches,
        committedRows: totals.rows,
      });
      totals = addStretch(totals, stretch);
      if (mark !== undefined) mark = await recordStretch(owner, mark, stretch);
      if (stretch.usedUp) break;
      if (workflowInfo().continueAsNewSuggested)
        await continueAsNew<typeof postgresIngest>(input, {
          version: 1,
          run: identity,
          totals,
          ...(mark === undefined ? {} : { mark }),
        });
    }
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const info = errorInfoOf(error);
    const soFar = resultInFailure(error);
    if (isStretch(soFar)) {
      totals = addStretch(totals, soFar);
      if (mark !== undefined) mark = await recordStretch(owner, mark, soFar);
    }
    view.totals(totals);
    throw failWith(info, info.message, result());
  }
  view.totals(totals);
  return result();
}
