import { cutText, TidemarkError } from '../../contracts/errors.js';
import type { SendTableInput, SendTableResult, TitanRdmActivities } from '../../contracts/activities.js';
import type { TitanRdm } from '../../connectors/titanrdm/index.js';
import { prepareUpload, type PreparedUpload } from '../../connectors/titanrdm/prepare-upload.js';
import type { CsvTable } from '../../connectors/tables/index.js';
import { openChanges, openReference } from '../tidemark/open-reference.js';
import { named } from '../registry.js';
import { runStep, type Step } from '../step.js';
import type { TitanRdmDependencies } from './dependencies.js';

/** How long the word `upload_failed` to the server may take when the step is being cancelled. */
const LAST_WORD_TIMEOUT_MS = 3_000;

/** Sent with each heartbeat. The Web UI shows it beside the activity's type, and nothing else says there which table it is. */
interface Cursor {
  table: string;
  phase: 'preparing' | 'sending' | 'confirming';
  rows?: number;
  bytes?: number;
  bytesSent?: number;
}

/** Sends one table into a batch: check, create the import table, PUT, confirm. */
export function sendActivities(dependencies: TitanRdmDependencies): Pick<TitanRdmActivities, 'titanSendTable'> {
  return {
    titanSendTable: (input) =>
      runStep<Cursor, SendTableResult>(async (step) => {
        const { client, maxFileBytes } = named('connection of type titanrdm', dependencies.titanrdm, input.connection);
        if (step.attempt > 1) await refuseOrphans(client, input, step.signal);
        step.mark({ table: input.target.conventionKey, phase: 'preparing' });
        const opened = await openSource(dependencies.stores, input, step.signal);
        if (opened === undefined) return { outcome: 'skipped (no source data)', rows: 0, bytes: 0, importTables: [] };
        if (opened === 'nothing new') return { outcome: 'skipped (empty)', rows: 0, bytes: 0, importTables: [] };
        const { csv, mark } = opened;

        const where = { branchId: input.branchId, key: input.target.key };
        const [deployed, mapping] = await Promise.all([
          client.lookupDeployedTable(where, step),
          input.mappingKey === undefined
            ? client.defaultImportMapping(input.target.id, step)
            : client.importMappingByKey(input.target.id, input.mappingKey, step),
        ]).catch((error: unknown) => {
          csv.stream.destroy();
          throw error;
        });
        const prepared = await prepareUpload(csv, {
          table: input.target.conventionKey,
          columns: deployed.columns,
          mapping,
          pattern: input.pattern,
          maxFileBytes,
          validate: input.validate,
          signal: step.signal,
          ...(dependencies.spoolDirectory === undefined ? {} : { spoolDirectory: dependencies.spoolDirectory }),
        });
        try {
          if (prepared.rows === 0 && (input.onEmpty === 'skip' || input.changes !== undefined)) {
            return { outcome: 'skipped (empty)', rows: 0, bytes: 0, importTables: [] };
          }
          const sent = await sendParts(client, input, mapping.key, prepared, step);
          return mark === undefined ? sent : { ...sent, mark };
        } finally {
          await prepared.dispose();
        }
      }),
  };
}

/** The whole table, or what has changed in it. */
async function openSource(
  stores: TitanRdmDependencies['stores'],
  { source, changes }: SendTableInput,
  signal: AbortSignal,
): Promise<{ csv: CsvTable; mark?: string } | 'nothing new' | undefined> {
  if (changes !== undefined) return openChanges(stores, source, changes, signal);
  const csv = await openReference(stores, source, signal);
  return csv && { csv };
}

/**
 * An earlier attempt that died may have created an import table of which nobody knows. It would be applied with the batch, so the
 * batch is given up and a new one begun.
 */
async function refuseOrphans(client: TitanRdm, input: SendTableInput, signal: AbortSignal): Promise<void> {
  const { tables } = await client.getImportResult(input.importId, { signal });
  const mine = tables?.filter(
    (table) =>
      table.tableKey === input.target.key ||
      table.tableKey === null ||
      table.correlation_code === input.correlationCode,
  );
  if (mine === undefined || mine.length > 0) {
    throw tainted(input, 'an earlier attempt ended without a word about its import table');
  }
}

async function sendParts(
  client: TitanRdm,
  input: SendTableInput,
  mappingKey: string,
  prepared: PreparedUpload,
  step: Step<Cursor>,
): Promise<SendTableResult> {
  const importTables: SendTableResult['importTables'] = [];
  const table = input.target.conventionKey;
  const size = { rows: prepared.rows, bytes: prepared.bytes };
  let sentBefore = 0;
  for (const [index, part] of prepared.parts.entries()) {
    const correlationCode =
      prepared.parts.length === 1 ? input.correlationCode : `${input.correlationCode}:part-${index + 1}`;
    const created = await createImportTable(client, { ...input, correlationCode }, mappingKey, step.signal);
    try {
      const onProgress = (bytesSent: number): void =>
        step.mark({ table, phase: 'sending', ...size, bytesSent: sentBefore + bytesSent });
      await client.uploadFile(created.url, part, { signal: step.signal, onProgress });
      step.mark({ table, phase: 'confirming', ...size, bytesSent: sentBefore + part.bytes });
      await client.uploadComplete(created.id, step);
    } catch (error) {
      await tellFailed(client, created.id, error);
      if (step.signal.aborted) throw error;
      // The signed address is spent or its fate unknown, and there is no way to take the import table out of the batch.
      throw isTerminal(error) ? error : tainted(input, reasonOf(error), error);
    }
    importTables.push({ id: created.id, correlationCode });
    sentBefore += part.bytes;
  }
  return { outcome: 'sent', ...size, importTables };
}

async function createImportTable(
  client: TitanRdm,
  input: SendTableInput,
  mappingKey: string,
  signal: AbortSignal,
): Promise<{ id: string; url: string }> {
  const { importId, pattern, correlationCode } = input;
  try {
    const created = await client.createImportTable(
      { importId, tableKey: input.target.key, mappingKey, pattern, correlationCode },
      { signal },
    );
    if (created.signed_s3_url !== null) return { id: created.id, url: created.signed_s3_url };
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'TITAN_UNKNOWN_OUTCOME')
      throw tainted(input, 'the reply to its creation was lost', error);
    throw error;
  }
  throw tainted(input, 'TitanRDM gave no address to upload to');
}

/** Best effort, within seconds, also when the step itself is being cancelled: the batch will not be completed either way. */
async function tellFailed(client: TitanRdm, importTableId: string, error: unknown): Promise<void> {
  const message = cutText(`Tidemark could not upload this table: ${reasonOf(error)}`, 500);
  try {
    await client.uploadFailed(importTableId, message, { signal: AbortSignal.timeout(LAST_WORD_TIMEOUT_MS) });
  } catch {
    // The upload's own error is the one that counts; the import table stays unconfirmed whether the server heard of it or not.
  }
}

function reasonOf(error: unknown): string {
  return error instanceof TidemarkError ? error.message : 'the upload was interrupted';
}

/** Bad data and refusals stay what they are; only what another try could mend asks for a new batch. */
function isTerminal(error: unknown): boolean {
  return (
    error instanceof TidemarkError &&
    !error.retryable &&
    !['TITAN_UPLOAD_URL_EXPIRED', 'TITAN_UNKNOWN_OUTCOME', 'TITAN_CONFLICT'].includes(error.code)
  );
}

/** Not retryable as a step: the workflow begins a new batch. */
function tainted(input: SendTableInput, reason: string, cause?: unknown): TidemarkError {
  return new TidemarkError(
    `Import ${input.importId} can't be completed any more: table ${input.target.conventionKey}: ${reason}.`,
    {
      code: 'TITAN_BATCH_TAINTED',
      retryable: false,
      cause,
    },
  );
}
