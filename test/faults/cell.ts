import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema, type TidemarkConfig } from '../../contracts/config.js';
import type { TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { ChildProgram, type Ending } from './child-program.js';
import { programFile } from './programs.js';
import { isStopped } from './process-state.js';
import { SandboxControl } from './sandbox-control.js';
import { Tenant } from './tenant.js';
import type { WorkerProcessOptions } from './worker-process.js';

export const TENANT = 'tenant';
export const STORE = 'lake';
/** For a worker that was taken for dead and goes on. */
const TIME_FOR_HARM_MS = 2_500;

export interface CellOptions {
  name: string;
  /** A folder of its own, that exists. */
  folder: string;
  address: string;
  namespace: string;
  bundle: string;
  sandbox: TitanSandboxOptions;
  /** Takes every line that worker and sandbox print. */
  log: (line: string) => void;
}

/**
 * One place of the campaign: a sandbox and a worker in processes of their own, a store and a folder for temporary files.
 * Cells share nothing but the Temporal server, so that a fault in one is none in another.
 */
export class Cell {
  private readonly workers = new Set<ChildProgram>();
  private readonly frozen = new Set<ChildProgram>();
  private started = 0;

  private constructor(
    private readonly options: CellOptions,
    private readonly sandboxProgram: ChildProgram,
    private readonly config: TidemarkConfig,
    readonly sandbox: SandboxControl,
    /** Loads data behind the back of the code under test. */
    readonly tenant: Tenant,
    readonly clientSecret: string,
  ) {}

  static async start(options: CellOptions): Promise<Cell> {
    for (const name of ['store', 'results', 'worker-temp', 'sandbox-temp'])
      await mkdir(path.join(options.folder, name), { recursive: true });
    const program = await ChildProgram.start('the sandbox', programFile('sandbox-process'), {
      args: [JSON.stringify({ ...options.sandbox, dataDirectory: path.join(options.folder, 'sandbox-temp') })],
      log: options.log,
    });
    const url = String(program.ready['url']);
    const clientId = String(program.ready['clientId']);
    const clientSecret = String(program.ready['clientSecret']);
    const config = configSchema.parse({
      version: 1,
      temporal: { address: options.address, namespace: options.namespace, taskQueue: options.name },
      connections: {
        [TENANT]: {
          type: 'titanrdm',
          url,
          clientId,
          clientSecret,
          // Short, so that many faults fit into minutes; the code under test is the same.
          timeouts: { connectSeconds: 2, requestSeconds: 3, completeSeconds: 3, transferIdleSeconds: 3 },
          retry: { attempts: 4, maxDelaySeconds: 1 },
        },
        [STORE]: { type: 'files', path: path.join(options.folder, 'store') },
      },
      results: { folder: path.join(options.folder, 'results') },
      worker: { shutdownGraceSeconds: 2 },
    });
    const tenant = new Tenant(url, clientId, clientSecret);
    const cell = new Cell(options, program, config, new SandboxControl(url), tenant, clientSecret);
    await cell.startWorker();
    return cell;
  }

  get taskQueue(): string {
    return this.options.name;
  }

  /** Where the store `lake` keeps its tables. */
  get storeFolder(): string {
    return path.join(this.options.folder, 'store');
  }

  async startWorker(): Promise<void> {
    this.started += 1;
    const { address, namespace, bundle, name, log } = this.options;
    const identity = `${name}-worker-${this.started}`;
    const given: WorkerProcessOptions = { config: this.config, address, namespace, bundle, identity };
    const worker = await ChildProgram.start('the worker', programFile('worker-process'), {
      args: [JSON.stringify(given)],
      env: { TMPDIR: path.join(this.options.folder, 'worker-temp') },
      log,
    });
    this.workers.add(worker);
  }

  /** SIGKILL to the worker, and, after a look around, a new one in its place. Tells how the old one ended. */
  async killWorker(whileDead: () => Promise<void>): Promise<Ending> {
    const worker = this.worker();
    const ending = await worker.kill();
    this.workers.delete(worker);
    await whileDead();
    await this.startWorker();
    return ending;
  }

  /**
   * The worker stands still for longer than its heartbeats may be missing, while another one takes over; then it goes on, not
   * knowing that its attempts have been given to the other. Tells whether it really stood still. It is ended afterwards.
   */
  async freezeWorker(forMs: number): Promise<boolean> {
    const stopped = await this.replaceFrozen();
    await sleep(forMs);
    return (await this.thawReplaced()) && stopped;
  }

  /** The worker stands still, and another one takes its place. Tells whether it really stands still. */
  async replaceFrozen(): Promise<boolean> {
    const frozen = this.worker();
    frozen.freeze();
    const stopped = await isStopped(frozen.pid);
    this.workers.delete(frozen);
    this.frozen.add(frozen);
    await this.startWorker();
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

  /** Whether a worker that stands still may have files in hand. */
  hasFrozen(): boolean {
    return this.frozen.size > 0;
  }

  async freezeSandbox(forMs: number): Promise<boolean> {
    this.sandboxProgram.freeze();
    const silent = !(await this.sandbox.answers(1_000));
    await sleep(forMs - 1_000);
    this.sandboxProgram.thaw();
    return silent && (await this.sandbox.answers(5_000));
  }

  async stopSandboxListening(forMs: number): Promise<boolean> {
    await this.sandbox.stopListening(forMs);
    await sleep(200);
    const silent = !(await this.sandbox.answers(1_000));
    await sleep(forMs);
    return silent && (await this.sandbox.answers(5_000));
  }

  /** Ends everything in order; names the temporary files that are left, which should be none. */
  async stop(): Promise<string[]> {
    for (const worker of [...this.workers, ...this.frozen]) await worker.stop();
    await this.sandboxProgram.stop();
    const names = ['worker-temp', 'sandbox-temp'].map(async (name) => {
      const entries = await readdir(path.join(this.options.folder, name), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    });
    return (await Promise.all(names)).flat();
  }

  private worker(): ChildProgram {
    const [worker] = this.workers;
    if (worker === undefined) throw new Error('the cell has no worker');
    return worker;
  }
}
