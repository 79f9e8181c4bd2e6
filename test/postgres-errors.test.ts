import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg, { type Client } from 'pg';
import { from } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TidemarkError } from '../contracts/errors.js';
import { copyPlace } from '../connectors/postgres/copy-place.js';
import {
  isPostgresFailure,
  postgresFailure,
  type FailureContext,
  type PostgresError,
} from '../connectors/postgres/errors.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';
import { refusalOf, SECRET_VALUE } from './support/told-of.js';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await openDatabase();
  client = await database.connect();
});

afterAll(() => database.close());

/** Runs what must fail, and tells what became of the driver's error, which is checked to hold no value of a row. */
async function failureOf(
  work: () => Promise<unknown>,
  context: FailureContext = { doing: 'copying rows' },
): Promise<PostgresError> {
  return refusalOf(
    async () => {
      try {
        await work();
      } catch (error) {
        expect(isPostgresFailure(error)).toBe(true);
        throw postgresFailure(error, context);
      }
    },
    new URL(database.url).password || SECRET_VALUE,
  );
}

function copy(into: string, bytes: string | Buffer, options = ''): Promise<unknown> {
  return pipeline(
    Readable.from([Buffer.from(bytes)], { objectMode: false }),
    client.query(from(`COPY ${into} FROM STDIN ${options}`)),
  );
}

describe('a row that the server refuses', () => {
  const S = SECRET_VALUE;

  it.each<[type: string, bytes: string | Buffer, code: string, row: number, column: string | undefined]>([
    ['integer', `1\n${S}\n`, 'POSTGRES_BAD_VALUE', 2, 'value'],
    ['integer', `1\n2\n99999999999\n`, 'POSTGRES_OUT_OF_RANGE', 3, 'value'],
    ['real', '1e60\n', 'POSTGRES_OUT_OF_RANGE', 1, 'value'],
    ['numeric(4,2)', '1234\n', 'POSTGRES_OUT_OF_RANGE', 1, 'value'],
    ['varchar(3)', `${S}\n`, 'POSTGRES_TOO_LONG', 1, 'value'],
    ['date', `${S}\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['date', '2023-02-29\n', 'POSTGRES_OUT_OF_RANGE', 1, 'value'],
    ['uuid', `${S}\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['jsonb', `{}\n{"a": ${S}}\n`, 'POSTGRES_BAD_VALUE', 2, 'value'],
    ['jsonb', `"${S}\\\\u0000"\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['integer[]', `{${S}}\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['int4range', `[2,1]\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['text', `a\n${S}\0\n`, 'POSTGRES_BAD_VALUE', 2, undefined],
    ['text', Buffer.concat([Buffer.from(`a\nb\n${S}`), Buffer.from([0xff, 0x0a])]), 'POSTGRES_BAD_VALUE', 3, undefined],
    ['text', `a\n${S}\t${S}\n`, 'POSTGRES_ROW_WIDTH', 2, undefined],
    ['text NOT NULL', `a\n${S}\n\\N\n`, 'POSTGRES_NOT_NULL', 3, 'value'],
    [`text CHECK (value <> '${S}')`, `a\n${S}\n`, 'POSTGRES_CONSTRAINT', 2, undefined],
    ['text UNIQUE', `a\n${S}\n${S}\n`, 'POSTGRES_UNIQUE', 3, undefined],
  ])('%s: its error names table, row and column, not the value', async (type, bytes, code, row, column) => {
    await client.query(`DROP TABLE IF EXISTS one; CREATE TABLE one (value ${type})`);
    const error = await failureOf(() => copy('one', bytes), {
      table: '"public"."one"',
      doing: 'copying rows',
      columns: ['value'],
      copyInto: 'one',
      firstRow: 11,
    });
    expect(error).toMatchObject({ code, retryable: false, table: '"public"."one"', row: row + 10, column });
    const place = column === undefined ? '' : `, column "value"`;
    expect(error.message).toContain(`Table "public"."one", row ${row + 10}${place}: while copying rows: `);
  });

  it.each([
    ['plain', 'amount'],
    ['T, line 7, column x: "', 'c, "d": \'e\''],
    ['COPY', 'column a'],
    ['line 3', 'a: b'],
    ['2024', '5'],
    ['tab\tnew\nline 😀', 'new\nline, 😀%s'],
    ['y', 'y'],
  ])('in table %j is found whatever the names are', async (table, column) => {
    const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await client.query(
      `CREATE TABLE ${name(table)} (a text, ${name(`${column}: `)} integer, ${name(column)} jsonb, "column" text)`,
    );
    const context = { doing: 'copying', copyInto: table, columns: ['a', `${column}: `, column, 'column'] };
    const bytes = `x\t1\t{}\tz\n1, column a: "\\\\n\t2\t{"a": \\\\n COPY ${S}, line 9, column a}\t${S}\n`;
    expect(await failureOf(() => copy(name(table), bytes), context)).toMatchObject({ row: 2, column });
    expect(await failureOf(() => copy(name(table), `${S}\tx${S}\t{}\tz\n`), context)).toMatchObject({
      row: 1,
      column: `${column}: `,
    });
  });

  it('of a CSV whose rows have several lines is told by its number', async () => {
    await client.query('CREATE TABLE lines (a text, b integer)');
    const error = await failureOf(() => copy('lines', `"w",0\n"x\ny\nz",1\n"x",${S}\n`, 'CSV'), {
      doing: 'copying rows',
      columns: ['a', 'b'],
      rowOfLine: (line) => ({ 5: 3 })[line] ?? 0,
      firstRow: 100,
    });
    expect(error).toMatchObject({ row: 102, column: 'b' });
  });

  it.each([
    ['COPY t, line 12, column a: "5"', 12, 'a'],
    ['COPY t, Zeile 12, Spalte a: »5«', 12, 'a'],
    ['COPY t, ligne 12, colonne a : « 5 »', 12, 'a'],
    ['COPY t, línea 12, columna a: «5»', 12, 'a'],
    ['COPY t, 行 12, 列 a: "5"', 12, 'a'],
    ['tのCOPY、行 12、列a: "5"', 12, 'a'],
    ['COPY t, строка 12, столбец a: "5"', 12, 'a'],
    ['COPY t, line 12, column a: null input', 12, 'a'],
    ['COPY t, line 12: "5, column a: 6"', 12, undefined],
    ['COPY t, line 12', 12, undefined],
    ['COPY t, line 12, column a', 12, 'a'],
  ])('%s', (context, line, column) => {
    for (const relation of ['t', undefined]) {
      const place = copyPlace(context, relation, ['a', 'b']);
      if (relation === undefined && !context.startsWith('COPY')) expect(place).toBeUndefined();
      else expect(place).toEqual(column === undefined ? { line } : { line, column });
    }
  });

  it('by a foreign key or while rows are merged is told by constraint and column', async () => {
    await client.query(
      `CREATE TABLE parents (id text PRIMARY KEY); CREATE TABLE children (id text REFERENCES parents, n int NOT NULL)`,
    );
    const orphan = await failureOf(() => client.query(`INSERT INTO children VALUES ('${S}', 1)`));
    expect(orphan).toMatchObject({ code: 'POSTGRES_CONSTRAINT', retryable: false, row: undefined });
    expect(orphan.message).toContain('(constraint "children_id_fkey") [SQLSTATE 23503]');
    const missing = await failureOf(() => client.query(`INSERT INTO children VALUES ('${S}', NULL)`));
    expect(missing).toMatchObject({ code: 'POSTGRES_NOT_NULL', column: 'n' });
  });

  it('by a trigger of a user is refused without the words of that trigger', async () => {
    await client.query(`CREATE TABLE triggered (value text);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad value %', NEW.value; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const error = await failureOf(() => client.query(`INSERT INTO triggered VALUES ('${S}')`));
    expect(error.code).toBe('POSTGRES_FAILED');
    expect(error.message).toContain('[SQLSTATE P0001]');
  });
});

describe('a failure of the server', () => {
  it('names what does not exist, what may not be done and what was refused', async () => {
    const absent = await failureOf(() => client.query('SELECT * FROM absent'));
    expect(absent).toMatchObject({ code: 'POSTGRES_NOT_FOUND', retryable: false });
    expect(absent.message).toContain('relation "absent" does not exist');
    const role = `r_${Math.random().toString(36).slice(2)}`;
    await client.query(`CREATE ROLE ${role}; CREATE TABLE guarded (a int); SET ROLE ${role}`);
    const denied = await failureOf(() => client.query('SELECT * FROM guarded'));
    await client.query(`RESET ROLE; DROP ROLE ${role}`);
    expect(denied).toMatchObject({ code: 'POSTGRES_PERMISSION', retryable: false });
    expect(denied.message).toContain('permission denied for table guarded');
    expect(await failureOf(() => client.query('SELEC'))).toMatchObject({ code: 'POSTGRES_REFUSED', retryable: false });
    await client.query('BEGIN READ ONLY');
    expect(await failureOf(() => client.query('CREATE TABLE late (a int)'))).toMatchObject({
      code: 'POSTGRES_READ_ONLY',
      retryable: true,
    });
    await client.query('ROLLBACK');
  });

  it('by its limits of time can be tried again', async () => {
    await client.query('CREATE TABLE locked (a int)');
    const holder = await database.connect();
    await holder.query('BEGIN; LOCK TABLE locked');
    const waiting = await database.connect();
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
    const [one, other] = [await database.connect(), await database.connect()];
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
    const victim = await database.connect();
    const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const sleeping = failureOf(() => victim.query('SELECT pg_sleep(60)'));
    await client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    expect(await sleeping).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    expect(await failureOf(() => victim.query('SELECT 1'))).toMatchObject({
      code: 'POSTGRES_UNAVAILABLE',
      retryable: true,
    });
  });
});

describe('a connection that fails', () => {
  const connect = async (change: (url: URL) => void, options: pg.ClientConfig = {}): Promise<void> => {
    const url = new URL(database.url);
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
