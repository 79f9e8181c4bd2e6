import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { noteSecrets } from './known-secrets.js';

/** A database of a test's own. */
export interface TestDatabase {
  /** With the password of a superuser in it. */
  url: string;
  /** A new session; `close()` ends it where the test has not. */
  connect: () => Promise<pg.Client>;
  /** Ends the sessions and drops the database, whoever else is still in it. */
  close: () => Promise<void>;
}

/** Address of the server that jest's global set-up has started, with a superuser's password: database `postgres`. */
export function testPostgresUrl(): string {
  const url = process.env['TIDEMARK_TEST_POSTGRES'];
  if (url === undefined || url === '')
    throw new Error("TIDEMARK_TEST_POSTGRES is not set: jest's global set-up has not run");
  return url;
}

/** Creates an empty database (UTF-8, locale C) on the test server, or on another one. Close it when the test is over. */
export async function openDatabase(server: string = testPostgresUrl()): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE ${name} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
  const url = new URL(server);
  noteSecrets([url.password]);
  url.pathname = `/${name}`;
  const clients: pg.Client[] = [];
  return {
    url: url.href,
    connect: async () => {
      const client = new pg.Client({ connectionString: url.href });
      // A session that a test has ended on purpose: its next query says so.
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    close: async () => {
      // One that was cut off, or ended by the test, has nothing left to end.
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
