import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

const PAUSE_MS = 100;

/**
 * Waits until a server answers, the namespace can be used and its visibility store (which is opened last) can be asked.
 * Throws the last refusal when `signal` fires first.
 */
export async function waitUntilReady(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  // Lazy: connecting eagerly waits out a timeout of its own when the port is still closed.
  const connection = Connection.lazy({ address });
  try {
    for (;;) {
      try {
        await connection.withDeadline(Date.now() + 5_000, async () => {
          await connection.workflowService.describeNamespace({ namespace });
          await connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
        });
        return;
      } catch (error) {
        if (signal.aborted) throw error;
      }
      await sleep(PAUSE_MS);
    }
  } finally {
    await connection.close();
  }
}
