import { cutText, TidemarkError } from '../../contracts/errors.js';
import type { SendTableInput, SendTableResult } from '../../contracts/activities.js';
import type { ImportPattern } from '../../contracts/titan-common.js';
import type { PreparedUpload, TitanRdm } from '../../connectors/titanrdm/index.js';
import type { Step } from '../step.js';
import type { Cursor } from './cursor.js';

/** How long the word `upload_failed` to the server may take when the step is being cancelled. */
const LAST_WORD_TIMEOUT_MS = 3_000;

type SentInput = SendTableInput & { pattern: ImportPattern };

/** Creates the import tables of a prepared table, one for each part, sends and confirms them. */
export async function sendParts(
  client: TitanRdm,
  input: SentInput,
  { mapping, prepared }: { mapping: { key: string }; prepared: PreparedUpload },
  step: Step<Cursor>,
): Promise<SendTableResult> {
  const importTables: SendTableResult['importTables'] = [];
  const table = input.target.conventionKey;
  const size = { rows: prepared.rows, bytes: prepared.bytes };
  let sentBefore = 0;
  for (const [index, part] of prepared.parts.entries()) {
    const correlationCode =
      prepared.parts.length === 1 ? input.correlationCode : `${input.correlationCode}:part-${index + 1}`;
    const created = await createImportTable(client, { ...input, correlationCode }, mapping.key, step.signal);
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
  input: SentInput,
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
export function tainted(input: SendTableInput, reason: string, cause?: unknown): TidemarkError {
  return new TidemarkError(
    `Import ${input.importId} can't be completed any more: table ${input.target.conventionKey}: ${reason}.`,
    {
      code: 'TITAN_BATCH_TAINTED',
      retryable: false,
      cause,
    },
  );
}
