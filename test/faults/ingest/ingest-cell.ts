import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { configSchema } from '../../../contracts/config.js';
import { JudgedPostgres } from '../judged-postgres.js';
import { filesBelow } from '../store-files.js';
import { Workers } from '../workers.js';

export const DATABASE = 'db';
/** The same by another name: what it holds is taken for nothing that the target has. */
export const SOURCE = 'source';

export interface IngestCellOptions {
  name: string;
  /** A folder of its own, that exists. */
  folder: string;
  address: string;
  namespace: string;
  bundle: string;
  /** Takes every line that the worker and the server print. */
  log: (line: string) => void;
}

/** One place of the campaign: a PostgreSQL that can be killed, and a worker in a process of its own. */
export class IngestCell {
  private constructor(
    private readonly options: IngestCellOptions,
    readonly database: JudgedPostgres,
    readonly workers: Workers,
  ) {}

  static async start(options: IngestCellOptions): Promise<IngestCell> {
    const temporary = path.join(options.folder, 'worker-temp');
    await mkdir(temporary, { recursive: true });
    const database = await JudgedPostgres.start(options.log);
    const config = configSchema.parse({
      version: 1,
      temporal: { address: options.address, namespace: options.namespace, taskQueue: options.name },
      connections: {
        [DATABASE]: { type: 'postgres', ...database.access },
        [SOURCE]: { type: 'postgres', ...database.access },
      },
      results: { folder: path.join(options.folder, 'results') },
      worker: { shutdownGraceSeconds: 2 },
    });
    const workers = new Workers({ ...options, config, temporary });
    await workers.start();
    return new IngestCell(options, database, workers);
  }

  get taskQueue(): string {
    return this.options.name;
  }

  /** Ends everything in order; names the temporary files that are left, which should be none. */
  async stop(): Promise<string[]> {
    await this.workers.stop();
    await this.database.stop();
    return filesBelow(path.join(this.options.folder, 'worker-temp'));
  }
}
