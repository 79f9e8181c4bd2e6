import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TidemarkError } from '../../contracts/errors.js';
import { findTestServer, type FindServerOptions } from '../../workers/dev-server/find-server.js';

/**
 * Temporal's test server, whose clock skips over waiting while a workflow's result is awaited through the environment's own client:
 * hours of retries and timers pass in moments. It has no Schedules, no visibility, and one task at a time moves its clock. The program is
 * found, and kept, as that of the local server is. To be torn down.
 *
 * Errors: `TEMPORAL_SERVER_NOT_FOUND` (lists what was tried), `TEMPORAL_SERVER_FAILED`.
 */
export async function startTimeSkippingServer(
  options: FindServerOptions & { /** Takes one line about where it was found. */ log?: (line: string) => void } = {},
): Promise<TestWorkflowEnvironment> {
  const { path, by } = await findTestServer(options);
  options.log?.(`Temporal test server: ${path} (${by})`);
  try {
    // An optional peer, and of use to tests only: loaded when it is asked for.
    const testing = await import('@temporalio/testing');
    return await testing.TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TidemarkError(`The Temporal test server ${path} did not start: ${reason}.`, {
      code: 'TEMPORAL_SERVER_FAILED',
      retryable: false,
      mend: 'Is @temporalio/testing installed, and does the program run on this machine?',
      cause,
    });
  }
}
