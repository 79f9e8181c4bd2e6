import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { cli, startCliWorker, type CliOptions, type RunningCli } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

const id = randomUUID().slice(0, 8);
/** Each pipeline has its orders in a schema of its own. */
const pipelineOf = (schema: string): string => `${schema}-${id}`;
let temporal: TemporalTestEnvironment;
let database: TestDatabase;
let client: pg.Client;
let folder: string;
let options: CliOptions;

/** The config, with another type for one column. */
const configure = (amount: string): Promise<void> =>
  writeFile(
    path.join(folder, 'tidemark.yaml'),
    `version: 1
temporal: { taskQueue: ingest-${id} }
connections:
  warehouse: { type: postgres, url: '\${DB_URL}', user: '\${DB_USER}', password: '\${DB_PASSWORD}', ssl: disable }
  inbox: { type: files, path: inbox }
pipelines:
${['planned', 'sales', 'loaded', 'taken']
  .map(
    (schema) => `  ${pipelineOf(schema)}:
    workflow: postgresIngest
    description: Orders as the shop writes them
    input:
      source: { type: files, connection: inbox, pattern: orders-*.csv }
      target: warehouse
      tables:
        - schema: ${schema}
          name: orders
          columns: [{ name: id, type: bigint }, { name: zip, type: text }, { name: amount, type: '${amount}' }]
          primaryKey: [id]
`,
  )
  .join('')}`,
  );
const tidemark = (...args: string[]) => cli(args, options);

beforeAll(async () => {
  temporal = await temporalTestEnvironment();
  database = await openDatabase();
  client = await database.connect();
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-ingest-cli-'));
  const url = new URL(database.url);
  options = {
    cwd: folder,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      DB_URL: `postgres://${url.host}${url.pathname}`,
      DB_USER: decodeURIComponent(url.username),
      DB_PASSWORD: decodeURIComponent(url.password),
    },
  };
  await mkdir(path.join(folder, 'inbox'));
  await writeFile(path.join(folder, 'inbox', 'orders-1.csv'), 'id,zip,amount\n1,00501,1.10\n2,"",\n');
});
beforeEach(() => configure('numeric(12,2)'));
afterAll(async () => {
  await database.close();
  await temporal.close();
  await rm(folder, { recursive: true });
});

describe('a pipeline of postgresIngest at the command line', () => {
  it('has a plan that says what the first run would create, and creates nothing', async () => {
    const planned = await tidemark('plan', pipelineOf('planned'));
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toContain('"planned"."orders": is created');
    expect(planned.stdout).toContain('starts from the high watermark null');
    expect((await client.query(`SELECT FROM pg_namespace WHERE nspname = 'planned'`)).rowCount).toBe(0);
  });

  it('is checked: the database by its version', async () => {
    const checked = await tidemark('check');
    expect(checked.stdout).toMatch(/✔ warehouse \(PostgreSQL\): version \d+/u);
    expect(checked.code).toBe(0);
  });

  describe('with a worker', () => {
    /** Has run once; no test changes its table. */
    const loaded = pipelineOf('loaded');
    let worker: RunningCli;
    beforeAll(async () => {
      await configure('numeric(12,2)');
      worker = startCliWorker(options);
      await worker.line(/^worker: polls task queue/);
      expect((await tidemark('run', loaded, '--wait')).code).toBe(0);
    });
    afterAll(async () => {
      worker.child.kill('SIGTERM');
      await worker.ended;
    });

    it('runs, shows what it commits, and ends with the table and a summary', async () => {
      const run = await tidemark('run', pipelineOf('sales'), '--wait');
      expect(run.code).toBe(0);
      expect(run.stderr).not.toContain('Warning');
      expect(run.stdout).toMatch(/table\s+rows\s+definition\nsales\.orders\s+2\s+created/u);
      expect(run.stdout).toContain('1 batch, 2 rows into sales.orders');
      expect((await client.query('SELECT id, zip, amount FROM sales.orders ORDER BY id')).rows).toEqual([
        { id: '1', zip: '00501', amount: '1.10' },
        { id: '2', zip: '', amount: null },
      ]);
    });

    it('has nothing to do in the next run, and belongs to the pipeline by its name', async () => {
      const run = await tidemark('run', loaded, '--wait', '--json');
      expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'completed', result: { batches: 0 } });
      const { rows } = await client.query(`SELECT obj_description('loaded.orders'::regclass) AS comment`);
      const { tidemark: marker } = JSON.parse((rows as { comment: string }[])[0]!.comment) as { tidemark: object };
      expect(marker).toMatchObject({ pipeline: loaded, sequence: 1 });
    });

    it('has a plan that says first what a changed definition would lose', async () => {
      await configure('integer');
      const planned = await tidemark('plan', loaded);
      expect(planned.code).toBe(0);
      expect(planned.stdout).toMatch(/^! lost: digits or parts of the values of column "amount"/u);
      expect(planned.stdout).toContain('is replaced by a new table');
      const forMachines = JSON.parse((await tidemark('plan', loaded, '--json')).stdout) as object;
      expect(forMachines).toMatchObject({
        marker: { pipeline: loaded },
        tables: [{ action: 'replace', losses: [{ kind: 'narrowing', column: 'amount' }] }],
      });
      const { rows } = await client.query('SELECT amount FROM loaded.orders WHERE id = 1');
      expect(rows).toEqual([{ amount: '1.10' }]);
    });

    it('has a plan that says whose the table is when it is not its own, and ends with 1', async () => {
      const taken = pipelineOf('taken');
      expect((await tidemark('run', taken, '--wait')).code).toBe(0);
      const { rows } = await client.query(`SELECT obj_description('taken.orders'::regclass) AS comment`);
      const comment = (rows as { comment: string }[])[0]!.comment.replace(taken, 'another');
      await client.query(`COMMENT ON TABLE taken.orders IS '${comment}'`);
      const planned = await tidemark('plan', taken);
      expect(planned.code).toBe(1);
      expect(planned.stdout).toMatch(/^! cannot be done: the table belongs to pipeline 'another'/u);
    });
  });
});
