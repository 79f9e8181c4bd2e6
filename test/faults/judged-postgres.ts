import pg from 'pg';
import { startPostgres, type PostgresServer } from '../../workers/dev-server/index.js';

/** A PostgreSQL of the campaign's own that can be killed, and the sessions by which the campaign looks into it. */
export class JudgedPostgres {
  private readonly observers: pg.Pool;

  private constructor(private readonly server: PostgresServer) {
    this.observers = new pg.Pool({ connectionString: server.url, application_name: 'campaign', max: 8 });
    // One that a fault has cut off says so; the pool makes another.
    this.observers.on('error', () => undefined);
  }

  /** `log` takes every line that it prints. */
  static async start(log: (line: string) => void): Promise<JudgedPostgres> {
    // Processes are killed, not the machine: what the system has been given to write is not lost, synced or not.
    // What is committed must outlive the server's own death all the same.
    const settings = { synchronous_commit: 'on', full_page_writes: 'on' };
    return new JudgedPostgres(await startPostgres({ fsync: false, settings, log }));
  }

  /** As a connection of the config has it. */
  get access(): PostgresServer['access'] {
    return this.server.access;
  }

  /** One statement, in a session of the campaign's own; a new one where a fault has cut off the last. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.observers.query<Row>(sql, values)).rows;
  }

  /** SIGKILL to the server, and a start that recovers what was committed. Tells whether it was another process afterwards. */
  async kill(): Promise<boolean> {
    const before = this.server.pid;
    process.kill(before, 'SIGKILL');
    await this.server.restart();
    return this.server.pid !== before;
  }

  async restart(): Promise<boolean> {
    const before = this.server.pid;
    await this.server.restart();
    return this.server.pid !== before;
  }

  async stop(): Promise<void> {
    await this.observers.end();
    await this.server.stop();
  }
}
