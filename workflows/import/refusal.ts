import { workflowInfo } from '@temporalio/workflow';
import type { ErrorInfo } from '../../contracts/errors.js';
import { MAX_BATCHES } from '../policies.js';
import { exceedsDeletes } from './compare-tables.js';
import type { ImportJob, ImportState } from './job.js';

/** The error that ends the run before its batch is completed, if there is one. */
export function refusal(job: Pick<ImportJob, 'manifest' | 'options'>, state: ImportState): ErrorInfo | undefined {
  const excess = state.tables.findIndex(exceedsDeletes);
  if (job.options.onTableError !== 'fail' && excess < 0) return undefined;
  // A source that has lost its records stops the run, whatever becomes of other errors.
  return excess < 0 ? firstError(job, state) : firstError(job, state, excess);
}

/** The first failed table's error; it says which table, for the step's own text may speak of a mapping or an address only. */
export function firstError(job: Pick<ImportJob, 'manifest'>, state: ImportState, from = 0): ErrorInfo | undefined {
  for (const [index, table] of state.tables.entries()) {
    if (table.state !== 'failed' || index < from) continue;
    const name = job.manifest[index]?.target.conventionKey ?? '';
    const { message } = table.error;
    return { ...table.error, message: message.includes(name) ? message : `Table ${name}: ${message}` };
  }
  return undefined;
}

export function tooManyBatches(reason: string): ErrorInfo {
  const { workflowId } = workflowInfo();
  return {
    code: 'TITAN_BATCH_TAINTED',
    message: `${workflowId} began ${MAX_BATCHES} batches and none could be completed. The last: ${reason}`,
    retryable: true,
  };
}
