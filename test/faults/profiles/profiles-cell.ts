import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { configSchema } from '../../../contracts/config.js';
import type { AmsSandboxOptions } from '../../../sandbox/ams/index.js';
import { ChildProgram } from '../child-program.js';
import { programFile } from '../programs.js';
import { filesBelow } from '../store-files.js';
import { Workers } from '../workers.js';
import { AmsControl } from './ams-control.js';

export interface ProfilesCellOptions {
  name: string;
  /** A folder of its own, that exists. */
  folder: string;
  address: string;
  namespace: string;
  bundle: string;
  sandbox: AmsSandboxOptions;
  /** Takes every line that worker and sandbox print. */
  log: (line: string) => void;
}

/** One place of the campaign: a sandbox of AMS and a worker, each a process of its own, and a store of tables. */
export class ProfilesCell {
  private constructor(
    private readonly options: ProfilesCellOptions,
    private readonly program: ChildProgram,
    readonly workers: Workers,
    readonly sandbox: AmsControl,
    readonly password: string,
  ) {}

  static async start(options: ProfilesCellOptions): Promise<ProfilesCell> {
    const { folder } = options;
    for (const name of ['store', 'readback', 'results', 'worker-temp'])
      await mkdir(path.join(folder, name), { recursive: true });
    const program = await ChildProgram.start('the sandbox', programFile('ams-sandbox-process'), {
      args: [JSON.stringify(options.sandbox)],
      log: options.log,
    });
    const [url, username, password] = ['url', 'username', 'password'].map((key) => String(program.ready[key])) as [
      string,
      string,
      string,
    ];
    const config = configSchema.parse({
      version: 1,
      temporal: { address: options.address, namespace: options.namespace, taskQueue: options.name },
      connections: {
        club: {
          type: 'ams',
          ...{ url, username, password },
          // Short, so that many faults fit into minutes; the code under test is the same.
          timeouts: { connectSeconds: 2, requestSeconds: 3 },
          retry: { attempts: 4, maxDelaySeconds: 1 },
        },
        lake: { type: 'files', path: path.join(folder, 'store') },
        readback: { type: 'files', path: path.join(folder, 'readback') },
      },
      results: { folder: path.join(folder, 'results') },
      worker: { shutdownGraceSeconds: 2 },
    });
    const workers = new Workers({ ...options, config, temporary: path.join(folder, 'worker-temp') });
    await workers.start();
    return new ProfilesCell(options, program, workers, new AmsControl(new URL(url).origin), password);
  }

  get taskQueue(): string {
    return this.options.name;
  }

  /** Where the table of the next run is written. */
  get tableFile(): string {
    return path.join(this.options.folder, 'store', 'squad.csv');
  }

  /** Where profiles are read back to. */
  get readbackFolder(): string {
    return path.join(this.options.folder, 'readback');
  }

  readbackFile(table: string): string {
    return path.join(this.readbackFolder, `${table}.csv`);
  }

  /** Ends everything in order; names the temporary files that are left, which should be none. */
  async stop(): Promise<string[]> {
    await this.workers.stop();
    await this.program.stop();
    return filesBelow(path.join(this.options.folder, 'worker-temp'));
  }
}
