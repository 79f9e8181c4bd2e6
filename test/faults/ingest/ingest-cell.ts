import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { configSchema } from '../../../contracts/config.js';
import { startPostgres, type PostgresServer } from '../../../workers/dev-server/index.js';
import { Workers } from '../workers.js';

export const DATABASE = 'db';

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
  private observer: Promise<pg.Client> | undefined;

  private constructor(
    private readonly options: IngestCellOptions,
    readonly server: PostgresServer,
    readonly workers: Workers,
  ) {}

  static async start(options: IngestCellOptions): Promise<IngestCell> {
    const temporary = path.join(options.folder, 'worker-temp');
    await mkdir(temporary, { recursive: true });
    // Processes are killed, not the machine: what the system has been given to write is not lost, synced or not.
    // What is committed must outlive the server's own death all the same.
    const settings = { synchronous_commit: 'on', full_page_writes: 'on' };
    const server = await startPostgres({ fsync: false, settings, log: options.log });
    const { url, user, password } = server.access;
    const config = configSchema.parse({
      version: 1,
      temporal: { address: options.address, namespace: options.namespace, taskQueue: options.name },
      connections: { [DATABASE]: { type: 'postgres', url, user, password } },
      results: { folder: path.join(options.folder, 'results') },
      worker: { shutdownGraceSeconds: 2 },
    });
    const workers = new Workers({ ...options, config, temporary });
    await workers.start();
    return new IngestCell(options, server, workers);
  }

  get taskQueue(): string {
    return this.options.name;
  }

  /** One statement, in the campaign's own session; a new one where a fault has cut off the last. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    this.observer ??= this.connect();
    const observer = this.observer;
    try {
      return (await (await observer).query<Row>(sql, values)).rows;
    } catch (error) {
      this.observer = undefined;
      await (await observer.catch(() => undefined))?.end().catch(() => undefined);
      throw error;
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.server.url, application_name: 'campaign' });
    // One that a fault has cut off says so at its next query.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** SIGKILL to the server, and a start that recovers what was committed. Tells whether it was another process afterwards. */
  async killServer(): Promise<boolean> {
    const before = this.server.pid;
    process.kill(before, 'SIGKILL');
    await this.server.restart();
    return this.server.pid !== before;
  }

  async restartServer(): Promise<boolean> {
    const before = this.server.pid;
    await this.server.restart();
    return this.server.pid !== before;
  }

  /** Ends everything in order; names the temporary files that are left, which should be none. */
  async stop(): Promise<string[]> {
    await this.workers.stop();
    await (await this.observer?.catch(() => undefined))?.end().catch(() => undefined);
    await this.server.stop();
    const left = await readdir(path.join(this.options.folder, 'worker-temp'), { recursive: true, withFileTypes: true });
    return left.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }
}
