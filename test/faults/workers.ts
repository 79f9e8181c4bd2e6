import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TidemarkConfig } from '../../contracts/config.js';
import { ChildProgram, type Ending } from './child-program.js';
import { isStopped } from './process-state.js';
import { programFile } from './programs.js';
import type { WorkerProcessOptions } from './worker-process.js';

/** For a worker that was taken for dead and goes on. */
const TIME_FOR_HARM_MS = 2_500;

export interface WorkersOptions {
  /** Begins the workers' identities. */
  name: string;
  config: TidemarkConfig;
  address: string;
  namespace: string;
  bundle: string;
  /** A folder of theirs for temporary files, that exists. */
  temporary: string;
  /** Takes every line that they print. */
  log: (line: string) => void;
}

/** The worker of a place of the campaign, and those that it has replaced, each in a process of its own. */
export class Workers {
  private readonly running = new Set<ChildProgram>();
  private readonly frozen = new Set<ChildProgram>();
  private started = 0;

  constructor(private readonly options: WorkersOptions) {}

  async start(): Promise<void> {
    this.started += 1;
    const { name, config, address, namespace, bundle, temporary, log } = this.options;
    const given: WorkerProcessOptions = {
      config,
      address,
      namespace,
      bundle,
      identity: `${name}-worker-${this.started}`,
    };
    const worker = await ChildProgram.start('the worker', programFile('worker-process'), {
      args: [JSON.stringify(given)],
      env: { TMPDIR: path.resolve(temporary) },
      log,
    });
    this.running.add(worker);
  }

  /** SIGKILL to the worker, and, after a look around, a new one in its place. Tells how the old one ended. */
  async kill(whileDead: () => Promise<void>): Promise<Ending> {
    const worker = this.current();
    const ending = await worker.kill();
    this.running.delete(worker);
    await whileDead();
    await this.start();
    return ending;
  }

  /**
   * The worker stands still for longer than its heartbeats may be missing, while another one takes over; then it goes on, not
   * knowing that its attempts have been given to the other. Tells whether it really stood still. It is ended afterwards.
   */
  async freeze(forMs: number): Promise<boolean> {
    const stopped = await this.replaceFrozen();
    await sleep(forMs);
    return (await this.thawReplaced()) && stopped;
  }

  /** The worker stands still, and another one takes its place. Tells whether it really stands still. */
  async replaceFrozen(): Promise<boolean> {
    const frozen = this.current();
    frozen.freeze();
    const stopped = await isStopped(frozen.pid);
    this.running.delete(frozen);
    this.frozen.add(frozen);
    await this.start();
    return stopped;
  }

  /** Those that were replaced go on, have time to do harm with what they have in hand, and are ended. Tells whether they stood still. */
  async thawReplaced(): Promise<boolean> {
    let still = true;
    for (const worker of this.frozen) {
      still = still && (await isStopped(worker.pid));
      worker.thaw();
      await sleep(TIME_FOR_HARM_MS);
      this.frozen.delete(worker);
      await worker.stop();
    }
    return still;
  }

  /** Whether a worker that stands still may have something in hand. */
  hasFrozen(): boolean {
    return this.frozen.size > 0;
  }

  async stop(): Promise<void> {
    for (const worker of [...this.running, ...this.frozen]) await worker.stop();
  }

  current(): ChildProgram {
    const [worker] = this.running;
    if (worker === undefined) throw new Error('there is no worker');
    return worker;
  }
}
