import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { TidemarkError } from '../contracts/errors.js';
import { isPostgresFailure, postgresFailure } from '../connectors/postgres/errors.js';
import { postgresFailures } from './support/postgres-failures.js';
import { refusalOf, SECRET_VALUE } from './support/told-of.js';

const site = postgresFailures();
const { failureOf } = site;

describe('a failure of the server', () => {
  it('names what does not exist, what may not be done and what was refused', async () => {
    const absent = await failureOf(() => site.client.query('SELECT * FROM absent'));
    expect(absent).toMatchObject({ code: 'POSTGRES_NOT_FOUND', retryable: false });
    expect(absent.message).toContain('relation "absent" does not exist');
    const role = `r_${Math.random().toString(36).slice(2)}`;
    await site.client.query(`CREATE ROLE ${role}; CREATE TABLE guarded (a int); SET ROLE ${role}`);
    const denied = await failureOf(() => site.client.query('SELECT * FROM guarded'));
    await site.client.query(`RESET ROLE; DROP ROLE ${role}`);
    expect(denied).toMatchObject({ code: 'POSTGRES_PERMISSION', retryable: false });
    expect(denied.message).toContain('permission denied for table guarded');
    expect(await failureOf(() => site.client.query('SELEC'))).toMatchObject({
      code: 'POSTGRES_REFUSED',
      retryable: false,
    });
    await site.client.query('BEGIN READ ONLY');
    expect(await failureOf(() => site.client.query('CREATE TABLE late (a int)'))).toMatchObject({
      code: 'POSTGRES_READ_ONLY',
      retryable: true,
    });
    await site.client.query('ROLLBACK');
  });

  it('by its limits of time can be tried again', async () => {
    await site.client.query('CREATE TABLE locked (a int)');
    const holder = await site.database.connect();
    await holder.query('BEGIN; LOCK TABLE locked');
    const waiting = await site.database.connect();
    await waiting.query(`SET lock_timeout = '20ms'`);
    const blocked = await failureOf(() => waiting.query('SELECT * FROM locked'));
    expect(blocked).toMatchObject({ code: 'POSTGRES_BLOCKED', retryable: true });
    await waiting.query(`SET lock_timeout = 0; SET statement_timeout = '20ms'`);
    const slow = await failureOf(() => waiting.query('SELECT * FROM locked'));
    expect(slow).toMatchObject({ code: 'POSTGRES_TIMEOUT', retryable: true });
    await waiting.query(`SET statement_timeout = 0; SET idle_in_transaction_session_timeout = '20ms'; BEGIN`);
    await once(waiting, 'error');
    expect(await failureOf(() => waiting.query('SELECT 1'))).toMatchObject({
      code: 'POSTGRES_UNAVAILABLE',
      retryable: true,
    });
  });

  it('to settle a deadlock can be tried again', async () => {
    const [one, other] = [await site.database.connect(), await site.database.connect()];
    for (const session of [one, other]) await session.query(`SET deadlock_timeout = '20ms'; BEGIN`);
    await one.query('SELECT pg_advisory_xact_lock(1)');
    await other.query('SELECT pg_advisory_xact_lock(2)');
    const crossed = [one.query('SELECT pg_advisory_xact_lock(2)'), other.query('SELECT pg_advisory_xact_lock(1)')];
    const [loser] = (
      await Promise.allSettled(
        crossed.map(async (query) => {
          try {
            await query;
          } finally {
            await Promise.all([one, other].map((session) => session.query('ROLLBACK')));
          }
        }),
      )
    ).filter((result) => result.status === 'rejected');
    expect(postgresFailure(loser?.reason, { doing: 'merging' })).toMatchObject({
      code: 'POSTGRES_DEADLOCK',
      retryable: true,
    });
  });

  it('that ends the session, under a statement or between two, can be tried again', async () => {
    const victim = await site.database.connect();
    const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const sleeping = failureOf(() => victim.query('SELECT pg_sleep(60)'));
    await site.client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    expect(await sleeping).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    expect(await failureOf(() => victim.query('SELECT 1'))).toMatchObject({
      code: 'POSTGRES_UNAVAILABLE',
      retryable: true,
    });
  });
});

describe('a connection that fails', () => {
  const connect = async (change: (url: URL) => void, options: pg.ClientConfig = {}): Promise<void> => {
    const url = new URL(site.database.url);
    change(url);
    const own = new pg.Client({ connectionString: url.href, ...options });
    own.on('error', () => undefined);
    try {
      await own.connect();
    } finally {
      await own.end();
    }
  };
  const connecting = { doing: 'connecting' };

  it('since nobody listens can be tried again', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const error = await failureOf(
      () =>
        connect((url) => {
          url.hostname = '127.0.0.1';
          url.port = port;
          url.password = SECRET_VALUE;
        }),
      connecting,
    );
    expect(error).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
  });

  it('since the other side hangs up can be tried again', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const error = await failureOf(
      () =>
        connect((url) => {
          url.hostname = '127.0.0.1';
          url.port = port;
        }),
      connecting,
    );
    server.close();
    await once(server, 'close');
    expect(error).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
  });

  it('since the user, the database or the certificate is wrong is for a person to mend', async () => {
    const who = (url: URL): void => {
      url.username = 'nobody';
      url.password = SECRET_VALUE;
    };
    expect(await failureOf(() => connect(who), connecting)).toMatchObject({
      code: 'POSTGRES_AUTHENTICATION',
      retryable: false,
    });
    const where = (url: URL): void => {
      url.pathname = '/absent';
    };
    expect(await failureOf(() => connect(where), connecting)).toMatchObject({
      code: 'POSTGRES_NO_DATABASE',
      retryable: false,
    });
    const plain = failureOf(() => connect(() => undefined, { ssl: { rejectUnauthorized: true } }), connecting);
    expect(await plain).toMatchObject({ code: 'POSTGRES_TLS', retryable: false });
  });

  it.each([
    [
      'the name of the host is not known',
      Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' }),
      'POSTGRES_UNAVAILABLE',
    ],
    [
      'all addresses fail',
      new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]),
      'POSTGRES_UNAVAILABLE',
    ],
    ['it takes too long', new Error('timeout expired'), 'POSTGRES_UNAVAILABLE'],
    [
      'the certificate is its own',
      Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      'POSTGRES_TLS',
    ],
    [
      'there is no password',
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      'POSTGRES_AUTHENTICATION',
    ],
  ])('since %s', (_why, error, code) => {
    expect(isPostgresFailure(error)).toBe(true);
    expect(postgresFailure(error, connecting)).toMatchObject({ code, retryable: code === 'POSTGRES_UNAVAILABLE' });
  });
});

describe('an error that is none of PostgreSQL', () => {
  it('of our own stays as it is', () => {
    const own = new TidemarkError('own', { code: 'OWN', retryable: false });
    expect(postgresFailure(own, { doing: 'x' })).toBe(own);
  });

  it.each([new TypeError(SECRET_VALUE), SECRET_VALUE, undefined, { code: '22P02' }])(
    'is told apart, and its words are not passed on',
    async (thrown) => {
      expect(isPostgresFailure(thrown)).toBe(false);
      const error = await refusalOf(() => {
        throw postgresFailure(thrown, { doing: 'reading' });
      });
      expect(error.code).toBe('POSTGRES_FAILED');
    },
  );
});
