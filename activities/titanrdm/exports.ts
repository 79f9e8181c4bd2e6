import { cutText, TidemarkError } from '../../contracts/errors.js';
import type { TitanRdmActivities } from '../../contracts/activities.js';
import type { Poll } from '../../contracts/titan-common.js';
import { exportState, type TitanRdm } from '../../connectors/titanrdm/index.js';
import { named } from '../registry.js';
import { pause, runStep } from '../step.js';
import { retryableWhenUnknown } from './batch.js';
import { nextMark } from './next-mark.js';
import type { TitanRdmDependencies } from './dependencies.js';

type Names = 'titanCreateExport' | 'titanPollExport' | 'titanReceiveTable';

/** The system column whose largest value is the base of the next high watermark (fact: written when the version is). */
export const CHANGE_TIME_COLUMN = 'trdm_created_at';

export function exportActivities({ titanrdm, stores }: TitanRdmDependencies): Pick<TitanRdmActivities, Names> {
  const clientOf = (connection: string): TitanRdm => named('connection of type titanrdm', titanrdm, connection).client;

  return {
    titanCreateExport: ({ connection, ...input }) =>
      runStep(({ signal }) => createExport(clientOf(connection), input, signal)),

    titanPollExport: (input) =>
      runStep<{ exportId: string; waitedSeconds: number }, ExportSize>(({ signal, resumed, mark }) => {
        const { exportId, poll } = input;
        return waitForExport(clientOf(input.connection), exportId, {
          poll,
          signal,
          waited: resumed?.waitedSeconds ?? 0,
          onWaited: (waitedSeconds) => mark({ exportId, waitedSeconds }),
        });
      }),

    titanReceiveTable: (input) =>
      runStep<{ table: string; bytes: number }, Awaited<ReturnType<TitanRdmActivities['titanReceiveTable']>>>(
        async ({ signal, mark, checkPulse }) => {
          const client = clientOf(input.connection);
          const store = named('store', stores, input.store);
          const columns = store.needsTypes
            ? (await client.lookupDeployedTable({ branchId: input.branchId, key: input.tableKey }, { signal })).columns
            : undefined;
          const onProgress = (bytes: number): void => mark({ table: input.table, bytes });
          const body = await client.downloadExport(input.exportId, { signal, onProgress });
          const written = await store.write(input.table, body, {
            mode: input.mode,
            deltaName: input.deltaName,
            largestOf: CHANGE_TIME_COLUMN,
            verify: ({ rows }) => {
              // A later run may have brought a newer table meanwhile: this one's must not take its place.
              checkPulse();
              checkRows(input.table, input.expectedRows, rows);
            },
            signal,
            ...(columns === undefined
              ? {}
              : {
                  columns: columns.map((column) => ({
                    name: column.name,
                    dataType: column.data_type ?? 'varchar',
                    primaryKey: column.is_primary_key,
                  })),
                }),
            ...(input.history === undefined ? {} : { history: input.history }),
          });
          return {
            rows: written.rows,
            bytes: written.bytes,
            reference: { connection: input.store, table: written.table },
            lastChange: written.largest ?? null,
            ...(input.mark === undefined
              ? {}
              : { nextMark: nextMark(input.mark, { rows: written.rows, lastChange: written.largest ?? null }) }),
            ...(written.warnings === undefined ? {} : { warnings: [...written.warnings] }),
          };
        },
      ),
  };
}

/** An export that nobody fetches changes nothing: one whose reply was lost is asked for again. */
export async function createExport(
  client: TitanRdm,
  input: Parameters<TitanRdm['createExport']>[0],
  signal: AbortSignal,
): Promise<{ exportId: string; askedAt: string | null }> {
  try {
    const { id, askedAt } = await client.createExport(input, { signal });
    return { exportId: id, askedAt };
  } catch (error) {
    throw retryableWhenUnknown(error);
  }
}

/** What the server says of an export that is ready. */
interface ExportSize {
  rows: number | null;
  bytes: number | null;
  startedAt: string | null;
}

interface Waiting {
  poll: Poll;
  signal: AbortSignal;
  /** Seconds that were waited before. */
  waited?: number;
  onWaited?: (seconds: number) => void;
}

/** Errors: `TITAN_EXPORT_FAILED`, `TITAN_WAIT_EXCEEDED`, those of the call. */
export async function waitForExport(client: TitanRdm, exportId: string, options: Waiting): Promise<ExportSize> {
  const { poll, signal, onWaited } = options;
  let waited = options.waited ?? 0;
  for (;;) {
    const asked = performance.now();
    const read = await client.getExport(exportId, { signal });
    const state = exportState(read.status);
    if (state === 'ready')
      return { rows: read.rows_exported, bytes: read.bytes_exported, startedAt: read.started_datetime };
    if (state === 'failed') throw exportFailed(exportId, read.message);
    if (waited >= poll.maxWaitSeconds) throw neverReady(exportId, read.status, poll.maxWaitSeconds);
    await pause(poll.intervalSeconds, signal);
    waited += (performance.now() - asked) / 1_000;
    onWaited?.(waited);
  }
}

/** Before anything changes at the target: a cut-off file must not replace a whole one. */
export function checkRows(table: string, expected: number | null, received: number): void {
  if (expected === null || expected === received) return;
  throw new TidemarkError(`The export of '${table}' should have ${expected} rows, ${received} arrived.`, {
    code: 'TITAN_DOWNLOAD_INCOMPLETE',
    retryable: true,
  });
}

function exportFailed(exportId: string, message: string | null): TidemarkError {
  return new TidemarkError(
    `TitanRDM could not make export ${exportId}: ${cutText(message ?? 'it gave no reason', 500)}.`,
    {
      code: 'TITAN_EXPORT_FAILED',
      retryable: false,
      mend: 'Look at the export in TitanRDM, mend its cause and run again.',
    },
  );
}

function neverReady(exportId: string, status: string, seconds: number): TidemarkError {
  return new TidemarkError(`Export ${exportId} still has the status '${cutText(status, 100)}' after ${seconds} s.`, {
    code: 'TITAN_WAIT_EXCEEDED',
    retryable: false,
    mend: 'Raise poll.maxWaitSeconds for tables of this size.',
  });
}
