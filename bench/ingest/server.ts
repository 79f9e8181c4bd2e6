import pg from 'pg';
import { startPostgres, type PostgresServer } from '../../workers/dev-server/index.js';
import { checksumQuery, SCHEMA, TABLE, type Compared } from './table.js';

/** What everybody works in. Made anew for each run of each contender. */
const DATABASE = 'bench';
/** Holds the full table with its key: the start of some cases. */
const FULL_DATABASE = 'bench_full';

/** The same for everybody, and told. All else, fsync and synchronous_commit above all, is as PostgreSQL has it by default. */
export const SETTINGS = {
  shared_buffers: '1GB',
  // No checkpoint by size or time, and no vacuum, comes into anybody's run.
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
};

export type StartState = 'empty' | 'full';

/** A PostgreSQL of the benchmark's own. */
export class IngestServer {
  private constructor(
    private readonly server: PostgresServer,
    private readonly admin: pg.Client,
  ) {}

  static async start(): Promise<IngestServer> {
    const server = await startPostgres({ settings: SETTINGS });
    try {
      const admin = await connect(server.url);
      return new IngestServer(server, admin);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get version(): string {
    return this.server.version;
  }

  /** Address of the database that everybody works in, with its password. */
  get url(): string {
    return this.databaseUrl(DATABASE);
  }

  /** The database as it is now becomes the full one. */
  async keepAsFull(): Promise<void> {
    await this.withDatabase(async (client) => client.query(`VACUUM (FREEZE, ANALYZE) ${SCHEMA}.${TABLE}`));
    await this.admin.query(`DROP DATABASE IF EXISTS ${FULL_DATABASE}`);
    await this.admin.query(`CREATE DATABASE ${FULL_DATABASE} TEMPLATE ${DATABASE} STRATEGY FILE_COPY`);
  }

  /** Everybody begins here: a new database, everything written out, and what `prepare` does in it. */
  async reset(
    state: StartState,
    prepare: (client: pg.Client) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    await this.admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
    const template = state === 'full' ? ` TEMPLATE ${FULL_DATABASE} STRATEGY FILE_COPY` : '';
    await this.admin.query(`CREATE DATABASE ${DATABASE}${template}`);
    await this.withDatabase(async (client) => {
      await prepare(client);
      // What a template brought is read once: nobody is the one whose run reads it from disk.
      if (state === 'full') await client.query(checksumQuery('everything'));
    });
    await this.admin.query('CHECKPOINT');
  }

  async checksum(compared: Compared): Promise<{ rows: number; checksum: string }> {
    const result = await this.withDatabase((client) =>
      client.query<{ rows: string; checksum: string | null }>(checksumQuery(compared)),
    );
    const [found] = result.rows;
    return { rows: Number(found?.rows), checksum: found?.checksum ?? '' };
  }

  /** Bytes of the table and its indexes. */
  async tableBytes(): Promise<number> {
    const result = await this.withDatabase((client) =>
      client.query<{ bytes: string }>(`SELECT pg_total_relation_size('${SCHEMA}.${TABLE}')::text AS bytes`),
    );
    return Number(result.rows[0]?.bytes);
  }

  async stop(): Promise<void> {
    await this.admin.end();
    await this.server.stop();
  }

  private async withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connect(this.url);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  private databaseUrl(database: string): string {
    return new URL(`/${database}`, this.server.url).href;
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
