import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { postgresTableSchema } from '../contracts/postgres-table.js';
import { cli as tidemark } from './support/cli.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-infer-'));
  database = await openDatabase();
  await writeFile(path.join(folder, 'orders.csv'), 'zip,amount\n00501,1.10\n10001,\n');
  const client = await database.connect();
  await client.query('CREATE TABLE "All Orders" (id bigint PRIMARY KEY, "zip code" varchar(5) UNIQUE)');
  const { username, password, host, pathname } = new URL(database.url);
  await writeFile(
    path.join(folder, 'tidemark.yaml'),
    [
      'version: 1',
      'connections:',
      `  warehouse: { type: postgres, url: 'postgres://${host}${pathname}', user: '${decodeURIComponent(username)}', password: '\${TEST_PASSWORD}' }`,
    ].join('\n'),
  );
  process.env['TEST_PASSWORD'] = decodeURIComponent(password);
});
afterAll(async () => {
  delete process.env['TEST_PASSWORD'];
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

describe('tidemark infer', () => {
  it('prints a definition that a pipeline takes, from a file', async () => {
    const { code, stdout, stderr } = await tidemark(['infer', 'orders.csv'], { cwd: folder });
    expect(code).toBe(0);
    const [table] = parse(stdout) as unknown[];
    expect(postgresTableSchema.parse(table)).toEqual({
      schema: 'public',
      name: 'orders',
      columns: [
        { name: 'zip', type: 'text', nullable: false },
        { name: 'amount', type: 'numeric' },
      ],
    });
    expect(stderr).toContain('No primary key');
  });

  it('prints a definition from the table itself', async () => {
    const args = ['infer', '--connection', 'warehouse', '--name', 'All Orders', '--json'];
    const { code, stdout } = await tidemark(args, { cwd: folder });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      schema: 'public',
      name: 'All Orders',
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'zip code', type: 'character varying(5)', unique: true },
      ],
      primaryKey: ['id'],
    });
  });

  it.each([
    [['infer'], 'A file, or --connection and --name'],
    [['infer', 'none.csv'], 'There is no file'],
    [['infer', '--connection', 'warehous', '--name', 'x'], 'It has: warehouse'],
    [['infer', '--connection', 'warehouse', '--name', 'x'], 'has no table "public"."x"'],
  ])('says in one line what is wrong with %j', async (args, wanted) => {
    const { code, stderr } = await tidemark(args, { cwd: folder });
    expect(code).not.toBe(0);
    expect(stderr).toContain(wanted);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
