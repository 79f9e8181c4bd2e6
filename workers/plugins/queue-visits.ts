import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { VisitQueue } from '../../activities/index.js';
import { WORKFLOWS_PATH } from './system-plugin.js';

interface Visit {
  guests: number;
  ready: Promise<Worker>;
  ended: Promise<void>;
}

/**
 * Polls task queues that are not the worker's own, for as long as somebody has something to do there, with the same workflows. Who comes
 * while another is there shares the visit: a process can't have two workers on one queue.
 */
export class QueueVisits {
  private options: WorkerOptions = { taskQueue: '' };
  private readonly underWay = new Map<string, Visit>();
  private readonly closing = new Map<string, Promise<void>>();

  /** What the worker is made of, which the visits are made of too. */
  configured(options: WorkerOptions): void {
    this.options = options;
  }

  readonly visit: VisitQueue = async (taskQueue, work) => {
    const visit = this.underWay.get(taskQueue) ?? this.begin(taskQueue);
    visit.guests += 1;
    try {
      await visit.ready;
      return await work();
    } finally {
      visit.guests -= 1;
      if (visit.guests === 0) await this.end(taskQueue, visit);
    }
  };

  private begin(taskQueue: string): Visit {
    const ready = (this.closing.get(taskQueue) ?? Promise.resolve()).then(() => this.openWorker(taskQueue));
    const ended = ready.then((worker) => worker.run());
    // Told to the guests, who wait for both.
    ended.catch(() => undefined);
    const visit = { guests: 0, ready, ended };
    this.underWay.set(taskQueue, visit);
    return visit;
  }

  private async end(taskQueue: string, { ready, ended }: Visit): Promise<void> {
    this.underWay.delete(taskQueue);
    const closed = ready.then(
      async (worker) => {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await ended;
      },
      () => undefined,
    );
    this.closing.set(taskQueue, closed);
    await closed;
  }

  private openWorker(taskQueue: string): Promise<Worker> {
    const { workflowBundle, workflowsPath = WORKFLOWS_PATH, ...options } = this.options;
    return Worker.create({
      ...options,
      ...(workflowBundle === undefined ? { workflowsPath } : { workflowBundle }),
      taskQueue,
      // Workflows only, and none is kept: whoever polls the queue otherwise has its tasks at once.
      activities: {},
      nexusServices: [],
      plugins: [],
      maxCachedWorkflows: 0,
    });
  }
}
