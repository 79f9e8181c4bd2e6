import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '../../contracts/config.js';
import type { TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { ChildProgram, type Ending } from './child-program.js';
import { programFile } from './programs.js';
import { SandboxControl } from './sandbox-control.js';
import { Tenant } from './tenant.js';
import { Workers } from './workers.js';

export const TENANT = 'tenant';
export const STORE = 'lake';

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
  private constructor(
    private readonly options: CellOptions,
    private readonly sandboxProgram: ChildProgram,
    private readonly workers: Workers,
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
    const workers = new Workers({ ...options, config, temporary: path.join(options.folder, 'worker-temp') });
    await workers.start();
    return new Cell(options, program, workers, new SandboxControl(url), tenant, clientSecret);
  }

  get taskQueue(): string {
    return this.options.name;
  }

  /** Where the store `lake` keeps its tables. */
  get storeFolder(): string {
    return path.join(this.options.folder, 'store');
  }

  /** SIGKILL to the worker, and, after a look around, a new one in its place. Tells how the old one ended. */
  killWorker(whileDead: () => Promise<void>): Promise<Ending> {
    return this.workers.kill(whileDead);
  }

  /** See `Workers.freeze`. */
  freezeWorker(forMs: number): Promise<boolean> {
    return this.workers.freeze(forMs);
  }

  /** See `Workers.replaceFrozen`. */
  replaceFrozen(): Promise<boolean> {
    return this.workers.replaceFrozen();
  }

  /** See `Workers.thawReplaced`. */
  thawReplaced(): Promise<boolean> {
    return this.workers.thawReplaced();
  }

  /** Whether a worker that stands still may have files in hand. */
  hasFrozen(): boolean {
    return this.workers.hasFrozen();
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
    await this.workers.stop();
    await this.sandboxProgram.stop();
    const names = ['worker-temp', 'sandbox-temp'].map(async (name) => {
      const entries = await readdir(path.join(this.options.folder, name), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    });
    return (await Promise.all(names)).flat();
  }
}
