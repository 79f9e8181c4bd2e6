import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '../../contracts/config.js';
import type { TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import type { Ending } from './child-program.js';
import type { SandboxControl } from './sandbox-control.js';
import { filesBelow } from './store-files.js';
import type { Tenant } from './tenant.js';
import { TitanSystem } from './titan-system.js';
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
    private readonly titan: TitanSystem,
    private readonly workers: Workers,
  ) {}

  static async start(options: CellOptions): Promise<Cell> {
    for (const name of ['store', 'results', 'worker-temp'])
      await mkdir(path.join(options.folder, name), { recursive: true });
    const titan = await TitanSystem.start(options);
    const config = configSchema.parse({
      version: 1,
      temporal: { address: options.address, namespace: options.namespace, taskQueue: options.name },
      connections: {
        [TENANT]: titan.connection,
        [STORE]: { type: 'files', path: path.join(options.folder, 'store') },
      },
      results: { folder: path.join(options.folder, 'results') },
      worker: { shutdownGraceSeconds: 2 },
    });
    const workers = new Workers({ ...options, config, temporary: path.join(options.folder, 'worker-temp') });
    await workers.start();
    return new Cell(options, titan, workers);
  }

  get taskQueue(): string {
    return this.options.name;
  }

  get sandbox(): SandboxControl {
    return this.titan.sandbox;
  }

  /** Loads data behind the back of the code under test. */
  get tenant(): Tenant {
    return this.titan.tenant;
  }

  get clientSecret(): string {
    return this.titan.clientSecret;
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
    this.titan.program.freeze();
    const silent = !(await this.sandbox.answers(1_000));
    await sleep(forMs - 1_000);
    this.titan.program.thaw();
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
    const left = await this.titan.stop();
    return [...left, ...(await filesBelow(path.join(this.options.folder, 'worker-temp')))];
  }
}
