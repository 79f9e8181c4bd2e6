import { workflowInfo } from '@temporalio/workflow';
import type { SendTableInput, SendTableResult } from '../../contracts/activities.js';
import type { ErrorInfo } from '../../contracts/errors.js';
import type { MaxDeletes, Poll } from '../../contracts/titan-common.js';
import type { TableWatermark, UploadTableResult } from '../../contracts/titan-results.js';
import type { Progress } from '../progress.js';

/** One table that a batch should hold. */
export type ManifestEntry = Pick<
  SendTableInput,
  'target' | 'source' | 'pattern' | 'mappingKey' | 'correlationCode' | 'onEmpty' | 'changes'
>;

export interface ImportOptions {
  connection: string;
  description: string;
  /** Of the batch; the tables' are derived from it. */
  correlationCode: string;
  completionMessage: string;
  onTableError: 'fail' | 'completeOthers';
  validate: boolean;
  poll: Poll;
  concurrency: number;
  /** Most records of a table that the run may remove. */
  maxDeletes?: MaxDeletes | undefined;
}

/** Where one table of the manifest stands. */
export type TableState =
  /** `exportId`: it was compared with that export, and differs. */
  | { state: 'waiting'; exportId?: string }
  | { state: 'ended'; result: UploadTableResult }
  | { state: 'sent'; sent: SendTableResult; durationSeconds: number }
  | { state: 'failed'; error: ErrorInfo; durationSeconds: number };

/** All that an import has reached: small, plain, carried over by continue-as-new. */
export interface ImportState {
  tables: TableState[];
  /** Batches begun so far. */
  batches: number;
  /** The open batch. */
  importId?: string;
  abandoned: string[];
}

export interface ImportJob {
  branchId: string;
  manifest: ManifestEntry[];
  options: ImportOptions;
  progress: Progress;
  /** From the run before, when the workflow continued as new. */
  carried?: ImportState;
  /** Told of a table whose changes the server has processed: its mark may move. */
  advance?: (conventionKey: string, mark: string) => Promise<TableWatermark>;
  /** Continues as new; never returns. */
  continueWith: (state: ImportState) => Promise<never>;
}

/** Text that leads from a record at the server back to the workflow and its run. */
export function correlationCodes(
  given: string | undefined,
  runId: string,
): { batch: string; of: (table: string) => string } {
  const { workflowId } = workflowInfo();
  const trace = `${workflowId}:${runId}`;
  return {
    batch: (given ?? `tidemark:${trace}`).slice(0, 255),
    of: (table) => `${given ?? 'tidemark'}:${table}:${trace}`.slice(0, 255),
  };
}
