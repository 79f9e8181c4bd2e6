import { createServer, type ServerResponse } from 'node:http';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { hostAndPort, listenOn, type Listening } from './listen.js';

export interface Health extends Listening {
  /** The worker has been made: from now on it is its state that counts. */
  observe: (worker: Worker) => void;
}

/** Temporal is asked at most this often, whoever asks us. */
const ASK_EVERY_MS = 5_000;
const PATIENCE_MS = 2_000;

/**
 * `GET /healthz`: the process lives. `GET /readyz`: the worker polls for tasks and Temporal answers; 503 while it starts, drains, or is cut off.
 * Both answer JSON.
 */
export async function startHealth(address: string, connection: NativeConnection): Promise<Health> {
  let worker: Worker | undefined;
  const started = Date.now();
  let asked = { at: 0, answers: Promise.resolve(false) };
  const temporalAnswers = (): Promise<boolean> => {
    if (Date.now() - asked.at > ASK_EVERY_MS) asked = { at: Date.now(), answers: ask(connection) };
    return asked.answers;
  };
  const server = createServer((request, response) => {
    if (request.url === '/healthz') {
      const state = worker?.getState() ?? 'STARTING';
      const uptimeSeconds = Math.round((Date.now() - started) / 1_000);
      answer(response, state !== 'FAILED', { state, uptimeSeconds });
    } else if (request.url === '/readyz') {
      void readiness(worker, temporalAnswers).then(({ ready, ...facts }) => answer(response, ready, facts));
    } else answer(response, false, { reason: 'There are /healthz and /readyz.' }, 404);
  });
  const { host, port } = hostAndPort(address);
  const listening = await listenOn(server, host, port);
  return {
    ...listening,
    observe: (made) => {
      worker = made;
    },
  };
}

async function readiness(
  worker: Worker | undefined,
  temporalAnswers: () => Promise<boolean>,
): Promise<{ ready: boolean; state: string }> {
  if (worker === undefined) return { ready: false, state: 'STARTING' };
  const { runState, workflowPollerState, activityPollerState, ...counts } = worker.getStatus();
  const { namespace, taskQueue } = worker.options;
  const temporal = await temporalAnswers();
  const polls = [workflowPollerState, activityPollerState].every((state) => state === 'POLLING');
  const facts = {
    state: runState,
    polls,
    temporal: temporal ? 'answers' : 'does not answer',
    namespace,
    taskQueue,
    activities: counts.numInFlightActivities,
    workflowTasks: counts.numInFlightWorkflowActivations,
    cachedWorkflows: counts.numCachedWorkflows,
  };
  return { ready: runState === 'RUNNING' && polls && temporal, ...facts };
}

async function ask(connection: NativeConnection): Promise<boolean> {
  try {
    await connection.withDeadline(Date.now() + PATIENCE_MS, () => connection.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}

function answer(response: ServerResponse, ok: boolean, facts: object, status = ok ? 200 : 503): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify({ status: ok ? 'ok' : 'not ok', ...facts })}\n`);
}
