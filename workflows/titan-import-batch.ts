import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { TableTarget } from '../contracts/activities.js';
import { counted } from '../contracts/readable.js';
import { titanImportBatchInputSchema, type TitanImportBatchInput } from '../contracts/titan-inputs.js';
import type { TitanImportBatchResult } from '../contracts/titan-results.js';
import { checkCarried } from './carried.js';
import { correlationCodes, type ImportState } from './import/job.js';
import { runImport } from './import/run-import.js';
import { parseInput } from './input.js';
import type { Progress } from './progress.js';
import { call } from './steps.js';
import { watched } from './watched.js';

/** What a run hands to the next when it continues as new. */
interface Carried {
  version: 1;
  runId: string;
  branchId: string;
  targets: TableTarget[];
  state: ImportState;
}

/**
 * Imports tables into TitanRDM as one batch: create → send each table → complete → wait until the server has processed it.
 * @param input see {@link titanImportBatchInputSchema}
 * @returns the batch and, per table, what the server made of it
 * @throws ApplicationFailure `ValidationError`, or the code of what failed, with the list of all tables in its details
 */
export function titanImportBatch(input: TitanImportBatchInput, carried?: Carried): Promise<TitanImportBatchResult> {
  return watched((progress) => run(input, progress, carried), input);
}

async function run(
  input: TitanImportBatchInput,
  progress: Progress,
  carried?: Carried,
): Promise<TitanImportBatchResult> {
  const parsed = parseInput('titanImportBatch', titanImportBatchInputSchema, input);
  checkCarried(carried);
  progress.about('Import batch');
  const runId = carried?.runId ?? workflowInfo().runId;
  const { branchId, tables: targets } =
    carried === undefined
      ? await call(`Find ${counted(parsed.tables.length, 'table')}`).titanResolveTables({
          connection: parsed.connection,
          branch: parsed.branch,
          tables: parsed.tables.map((table) => table.target),
        })
      : { branchId: carried.branchId, tables: carried.targets };

  const codes = correlationCodes(parsed.correlationCode, runId);
  const manifest = targets.map((target, index) => {
    const table = parsed.tables[index];
    return {
      target,
      source: table?.source ?? { rows: [] },
      pattern: table?.pattern ?? parsed.pattern,
      ...(table?.mappingKey === undefined ? {} : { mappingKey: table.mappingKey }),
      correlationCode: table?.correlationCode ?? codes.of(target.table),
      onEmpty: table?.onEmpty ?? parsed.onEmpty,
    };
  });
  return runImport({
    branchId,
    manifest,
    progress,
    options: {
      connection: parsed.connection,
      description: parsed.description ?? `Tidemark import ${workflowInfo().workflowId}`,
      correlationCode: codes.batch,
      completionMessage: 'Tidemark import completed',
      onTableError: parsed.onTableError,
      validate: parsed.validate,
      poll: parsed.poll,
      concurrency: parsed.concurrency,
      maxDeletes: parsed.maxDeletes,
    },
    ...(carried === undefined ? {} : { carried: carried.state }),
    continueWith: (state) =>
      continueAsNew<typeof titanImportBatch>(input, { version: 1, runId, branchId, targets, state }),
  });
}
