import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import { postgresIngestInputSchema, type PostgresIngestInput } from '../contracts/postgres-inputs.js';
import type { PostgresIngestResult } from '../contracts/postgres-results.js';
import { checkCarried } from './carried.js';
import { errorInfoOf, failWith, resultInFailure } from './failures.js';
import { IngestView } from './ingest/ingest-view.js';
import { ingestResult } from './ingest/result.js';
import { addStretch, isStretch, NOTHING_YET, type IngestTotals } from './ingest/totals.js';
import { parseInput } from './input.js';
import { ingest } from './steps.js';
import { watchedBy } from './watched.js';

/** Longest identity of a run that a table's marker takes. */
const MAX_IDENTITY = 200;

interface Carried {
  version: 1;
  run: string;
  totals: IngestTotals;
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
  let totals = carried?.totals ?? NOTHING_YET;
  view.enter('ingesting');
  for (;;) {
    view.totals(totals);
    const summary = `Batches ${totals.batches + 1} and on, for ${options.pipeline}`;
    try {
      const stretch = await ingest(summary).postgresIngestStretch({
        options,
        run: identity,
        committed: totals.batches,
        committedRows: totals.rows,
      });
      totals = addStretch(totals, stretch);
      if (stretch.usedUp) break;
    } catch (error) {
      const info = errorInfoOf(error);
      const soFar = resultInFailure(error);
      if (isStretch(soFar)) totals = addStretch(totals, soFar);
      view.totals(totals);
      throw failWith(info, info.message, ingestResult(options, totals));
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof postgresIngest>(input, { version: 1, run: identity, totals });
  }
  view.totals(totals);
  return ingestResult(options, totals);
}

/**
 * Whose batches these are, for the marker at the target: the same in every attempt and continuation, and after a reset. Runs of a
 * cron workflow share their first execution's id, and are runs of their own nevertheless.
 */
function identityOfRun(): string {
  const { workflowId, runId, firstExecutionRunId, cronSchedule } = workflowInfo();
  const identity = `${workflowId}/${cronSchedule === undefined ? firstExecutionRunId : runId}`;
  // A workflow id can be long; the run's id at the end is what tells it from others.
  return identity.slice(-MAX_IDENTITY);
}
