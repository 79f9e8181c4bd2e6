import { cutText, TidemarkError } from '../../contracts/errors.js';
import type { ProcessedImport, ProcessedTable, TitanRdmActivities } from '../../contracts/activities.js';
import type { RowCounts } from '../../contracts/titan-results.js';
import type { ImportResult, TitanRdm } from '../../connectors/titanrdm/index.js';
import { meaningOf } from '../../connectors/titanrdm/import-status.js';
import { named } from '../registry.js';
import { pause, runStep } from '../step.js';
import type { TitanRdmDependencies } from './dependencies.js';

type Names = 'titanCreateBatch' | 'titanVerifyBatch' | 'titanCompleteBatch' | 'titanPollImport' | 'titanAbandonBatch';

/** Longest message of one table that is kept, so that 2,000 tables stay far below a payload's limit. */
const MAX_TABLE_MESSAGE = 300;
/** How long telling a server that a batch is given up may take: it must not hold up a cancellation. */
const ABANDON_TIMEOUT_MS = 5_000;
/** Calls to the server at the same time. */
const ABANDON_AT_ONCE = 16;
/** Reads of an import before a `complete` whose reply was lost counts as not having arrived. */
const SETTLE_READS = 3;
const SETTLE_PAUSE_SECONDS = 0.5;

/** The life of an import batch around its tables. */
export function batchActivities({ titanrdm }: TitanRdmDependencies): Pick<TitanRdmActivities, Names> {
  const clientOf = (connection: string): TitanRdm => named('connection of type titanrdm', titanrdm, connection).client;

  return {
    titanCreateBatch: (input) =>
      runStep(async ({ signal }) => {
        const { branchId, description, correlationCode } = input;
        try {
          const created = await clientOf(input.connection).createImport(
            { branchId, description, correlationCode },
            { signal },
          );
          return { importId: created.id, status: created.status };
        } catch (error) {
          // The import that may now exist is empty and will never be completed: creating another one is harmless.
          throw retryableWhenUnknown(error);
        }
      }),

    titanVerifyBatch: (input) =>
      runStep(async ({ signal }) => {
        const read = await clientOf(input.connection).getImportResult(input.importId, { signal });
        const reason = differenceOf(read, input.importTableIds);
        const status = read.import.status;
        return reason === undefined
          ? { status, verdict: 'whole' as const }
          : { status, verdict: 'tainted' as const, reason };
      }),

    titanCompleteBatch: (input) =>
      runStep<{ posted: true }, { status: string }>(async ({ signal, attempt, mark }) => {
        const client = clientOf(input.connection);
        if (attempt > 1) {
          const settled = await settledStatus(client, input.importId, input.statusBefore, signal);
          if (settled !== undefined) return { status: settled };
        }
        mark({ posted: true });
        try {
          return { status: (await client.completeImport(input.importId, input.message, { signal })).status };
        } catch (error) {
          if (!mayHaveArrived(error)) throw error;
          const settled = await settledStatus(client, input.importId, input.statusBefore, signal);
          if (settled !== undefined) return { status: settled };
          throw retryableWhenUnknown(error);
        }
      }),

    titanPollImport: (input) =>
      runStep<{ importId: string; waitedSeconds: number }, ProcessedImport>(async ({ signal, resumed, mark }) => {
        const client = clientOf(input.connection);
        let waited = resumed?.waitedSeconds ?? 0;
        for (;;) {
          const asked = performance.now();
          const read = await client.getImportResult(input.importId, { signal });
          const processed = processedImport(read);
          if (processed !== undefined) return processed;
          if (waited >= input.poll.maxWaitSeconds)
            throw waitExceeded(input.importId, read.import.status, input.poll.maxWaitSeconds);
          await pause(input.poll.intervalSeconds, signal);
          waited += (performance.now() - asked) / 1_000;
          mark({ importId: input.importId, waitedSeconds: waited });
        }
      }),

    titanAbandonBatch: (input) =>
      runStep(async ({ signal }) => {
        const client = clientOf(input.connection);
        const limited = AbortSignal.any([signal, AbortSignal.timeout(ABANDON_TIMEOUT_MS)]);
        // Word to the server is a courtesy: the batch is not completed, so never applied, whether it hears it or not.
        const reason = cutText(input.reason, 500);
        for (let start = 0; start < input.importTableIds.length && !limited.aborted; start += ABANDON_AT_ONCE) {
          const some = input.importTableIds.slice(start, start + ABANDON_AT_ONCE);
          await Promise.allSettled(some.map((id) => client.uploadFailed(id, reason, { signal: limited })));
        }
      }),
  };
}

/** Why the server's list of the batch's tables is not the confirmed one; undefined when it is. */
function differenceOf(read: ImportResult, confirmed: readonly string[]): string | undefined {
  // Where a server does not list tables, every creation whose outcome was unknown has already tainted the batch.
  if (read.tables === null || (read.tables.length === 0 && confirmed.length > 0)) return undefined;
  const listed = new Set(read.tables.map((table) => table.id));
  const strange = [...listed].filter((id) => !confirmed.includes(id));
  if (strange.length > 0)
    return `the import holds ${strange.length} table upload(s) that nobody confirmed (${strange.slice(0, 5).join(', ')})`;
  const missing = confirmed.filter((id) => !listed.has(id));
  if (missing.length > 0)
    return `the import lacks ${missing.length} confirmed table upload(s) (${missing.slice(0, 5).join(', ')})`;
  return undefined;
}

/** The import's status when `complete` has reached the server; undefined when the import still is as it was before. */
async function settledStatus(
  client: TitanRdm,
  importId: string,
  before: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let read = 1; ; read += 1) {
    const { status } = (await client.getImportResult(importId, { signal })).import;
    if (status !== before) return status;
    if (read >= SETTLE_READS) return undefined;
    await pause(SETTLE_PAUSE_SECONDS, signal);
  }
}

/** After a lost reply, and after a refusal that a first, unheard `complete` may have caused. */
function mayHaveArrived(error: unknown): boolean {
  return (
    error instanceof TidemarkError && ['TITAN_UNKNOWN_OUTCOME', 'TITAN_INVALID', 'TITAN_CONFLICT'].includes(error.code)
  );
}

/** For calls whose repetition is harmless although nobody knows whether the first one arrived. */
export function retryableWhenUnknown(error: unknown): unknown {
  if (!(error instanceof TidemarkError) || error.code !== 'TITAN_UNKNOWN_OUTCOME') return error;
  return new TidemarkError(error.message, { code: error.code, retryable: true, cause: error });
}

/** Undefined while the server is still at work. */
export function processedImport(read: ImportResult): ProcessedImport | undefined {
  const meaning = meaningOf(read.import.status);
  if (meaning !== 'success' && meaning !== 'failed') return undefined;
  const listed = read.tables ?? [];
  if (meaning === 'success' && listed.some((table) => meaningOf(table.status) === 'unfinished')) return undefined;
  return {
    id: read.import.id,
    status: read.import.status,
    outcome: meaning,
    message: read.import.message === null ? null : cutText(read.import.message),
    description: read.import.description,
    correlationCode: read.import.correlation_code,
    counts: countsOf(read.import),
    durationSeconds: read.import.duration_secs,
    tables: listed.map((table): ProcessedTable => ({
      id: table.id,
      status: table.status ?? read.import.status,
      // A table without a verdict of its own shares the import's.
      outcome:
        meaningOf(table.status) === 'success' ? 'success' : meaningOf(table.status) === 'failed' ? 'failed' : meaning,
      correlationCode: table.correlation_code ?? '',
      fileSize: table.file_size,
      message: table.message === null ? null : cutText(table.message, MAX_TABLE_MESSAGE),
      durationSeconds: table.duration_secs,
      counts: countsOf(table),
    })),
  };
}

interface Counted {
  insert_row_count: number | null;
  update_row_count: number | null;
  delete_row_count: number | null;
}

function countsOf(counted: Counted): RowCounts {
  return { inserted: counted.insert_row_count, updated: counted.update_row_count, deleted: counted.delete_row_count };
}

function waitExceeded(importId: string, status: string, seconds: number): TidemarkError {
  return new TidemarkError(`Import ${importId} still has the status '${cutText(status, 100)}' after ${seconds} s.`, {
    code: 'TITAN_WAIT_EXCEEDED',
    retryable: false,
    mend: 'The server may yet finish it: look at the import there. Raise poll.maxWaitSeconds for imports of this size.',
  });
}
