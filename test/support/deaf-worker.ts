import type { TemporalTestEnvironment } from './environment.js';

/** The server ends a poll without a task after a minute. */
const POLL_MS = 70_000;

/** Takes the next workflow task of the queue and completes it without a look at what was asked: the server turns updates down for it. */
export async function answerDeafly({ connection, namespace, taskQueue }: TemporalTestEnvironment): Promise<void> {
  const { workflowService } = connection;
  const poll = () =>
    workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue }, identity: 'deaf' });
  const { taskToken } = await connection.withDeadline(Date.now() + POLL_MS, poll);
  await workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, identity: 'deaf' });
}
