import {
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { TidemarkError } from '../../contracts/errors.js';
import { isUnderWay } from '../../contracts/under-way.js';
import {
  watermarkWorkflowId,
  type Advance,
  type Lost,
  type Open,
  type Opened,
  type PendingOverride,
  type Rebuild,
  type Recorded,
  type ResetWatermark,
  type SetWatermark,
} from '../../contracts/watermark.js';

/** Input and result of each update of `tidemarkWatermark`. */
interface Updates {
  open: { input: Open; result: Opened };
  advance: { input: Advance; result: Recorded };
  rebuild: { input: Rebuild; result: Recorded };
  set: { input: SetWatermark; result: PendingOverride };
  reset: { input: ResetWatermark; result: PendingOverride };
}

export interface Reach {
  client: Client;
  /** Where the workflow is started when it is not there: a worker with Tidemark's workflows polls it. */
  taskQueue: string;
  pipeline: string;
  signal?: AbortSignal;
  /** What `lookAt` has just found, where it was asked already. */
  seen?: Seen | undefined;
}

/** Where the watermark workflow waits for its tasks, if it runs; else what became of the one before. Neither when there was none. */
export interface Seen {
  lost?: Lost;
  waitsOn?: string;
}

/** An answer needs one workflow task: longer means that nobody polls. */
const DEADLINE_MS = 30_000;

/**
 * Sends an update to the pipeline's watermark workflow, which is started where there is none. Workflows can't do this themselves.
 *
 * @throws TidemarkError the code of a refusal (`HIGH_WATERMARK_MOVED`, `ValidationError`, `WATERMARK_TOO_LARGE`), else
 * `WATERMARK_UNREACHABLE`, which may be tried again
 */
export async function updateWatermarks<Name extends keyof Updates>(
  { client, taskQueue, pipeline, signal, seen }: Reach,
  update: Name,
  input: Updates[Name]['input'],
): Promise<Updates[Name]['result']> {
  const { workflow } = client;
  let itsQueue = taskQueue;
  const send = async (): Promise<Updates[Name]['result']> => {
    const { lost, waitsOn = taskQueue } = seen ?? (await lookAt(client, pipeline));
    itsQueue = waitsOn;
    return workflow.executeUpdateWithStart<(given: object) => Promise<void>, Updates[Name]['result'], [object]>(
      update,
      {
        args: [input],
        startWorkflowOperation: new WithStartWorkflowOperation('tidemarkWatermark', {
          workflowId: watermarkWorkflowId(pipeline),
          taskQueue,
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          args: [{ pipeline, ...(lost === undefined ? {} : { lost }) }],
          staticSummary: `High watermarks of ${pipeline}`,
          staticDetails: detailsOf(pipeline),
        }),
      },
    );
  };
  try {
    return await orAborted(workflow.withDeadline(Date.now() + DEADLINE_MS, send), signal);
  } catch (error) {
    throw failureOf(error, pipeline, itsQueue);
  }
}

/** Markdown in which a line's end is one. */
function detailsOf(pipeline: string): string {
  return [
    "Stays for ever: it holds what the pipeline's runs have reached, and what people have set. Terminated, it is started anew by the next run; what only it has held is lost then.",
    '',
    `- read: \`tidemark watermark get ${pipeline}\``,
    `- changes: \`tidemark history ${pipeline}\``,
    `- set: \`tidemark watermark set ${pipeline}\``,
  ].join('\n');
}

export async function lookAt({ workflow }: Client, pipeline: string): Promise<Seen> {
  try {
    const { status, closeTime, taskQueue } = await workflow.getHandle(watermarkWorkflowId(pipeline)).describe();
    if (isUnderWay(status)) return { waitsOn: taskQueue };
    return { lost: { status: status.name, at: closeTime?.toISOString() ?? null } };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}

/** A worker's own connection does not end a call when it is told to: its end, at the deadline, is not waited for then. */
export async function orAborted<T>(call: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return call;
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    over.abort();
  }
}

/**
 * Whether a failure is the Temporal server's own word, not that of the workflow which was asked. Under load a server turns down an update that
 * no worker has looked at, and calls that final: asked again it hands it on. All updates here may be repeated, whatever has become of them.
 */
function isServersWord(failure: unknown): boolean {
  // As the server has sent it: the SDK keeps it beside what it has made of it.
  return failure instanceof ApplicationFailure && failure.failure?.source === 'Server';
}

export function failureOf(error: unknown, pipeline: string, taskQueue: string): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const refusal = error instanceof WorkflowUpdateFailedError && !isServersWord(error.cause) ? error.cause : undefined;
  if (refusal instanceof ApplicationFailure && typeof refusal.type === 'string')
    return new TidemarkError(refusal.message, { code: refusal.type, retryable: refusal.nonRetryable !== true });
  const unheard = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
  return new TidemarkError(
    `The workflow that holds the high watermarks of ${pipeline} ${unheard ? `gave no answer within ${DEADLINE_MS / 1_000} s` : 'could not be reached'}.`,
    {
      code: 'WATERMARK_UNREACHABLE',
      retryable: true,
      mend: `Does a worker of this release poll task queue '${taskQueue}', where ${watermarkWorkflowId(pipeline)} waits? A run of the pipeline moves it to its own queue; where that fails, let a worker poll the old one for a moment.`,
      cause: error,
    },
  );
}
