import { beforeAll, describe, expect, it } from '@jest/globals';
import { prepareTable } from '../connectors/postgres/migrate/index.js';
import type { PostgresIndex } from '../contracts/postgres-table.js';
import { batch, define, migrationSite, oidOf, valueOf } from './support/postgres-migrate.js';

/** Spellings whose catalogue form is another one, beside those that are the same. */
const TYPES = [
  'int',
  'int2',
  'int4',
  'int8',
  'INTEGER',
  'bigint',
  'smallint',
  'serial',
  'bigserial',
  'decimal',
  'numeric',
  'numeric(10)',
  'NUMERIC(10, 2)',
  'numeric(5,-2)',
  'float',
  'float(10)',
  'float8',
  'real',
  'double precision',
  'varchar',
  'VARCHAR(10)',
  'character varying(10)',
  'character varying',
  'char',
  'char(3)',
  'bpchar',
  '"char"',
  'text',
  'name',
  'citext_like',
  'bool',
  'boolean',
  'bytea',
  'uuid',
  'json',
  'JSONB',
  'xml',
  'inet',
  'cidr',
  'macaddr',
  'bit(3)',
  'varbit',
  'money',
  'date',
  'time',
  'time(3)',
  'timetz',
  'timestamp',
  'timestamp(3)',
  'timestamptz',
  'timestamp with time zone',
  'timestamp(3) with time zone',
  'interval',
  'interval(3)',
  'interval day to second',
  'int4range',
  'tstzrange',
  'nummultirange',
  'tsvector',
  'point',
  'oid',
  'regclass',
  'integer[]',
  'int[][]',
  'integer[3]',
  'text ARRAY',
  'varchar(5)[]',
  'timestamptz(3)[]',
  'mood',
  's."My Enum"',
  's."My Enum"[]',
  's.positive',
  's.pair',
  's.pair[]',
] as const;

const INDEXES: readonly (readonly [string, PostgresIndex])[] = [
  ['of one column', { keys: ['a'] }],
  ['that is unique', { keys: ['a'], unique: true }],
  ['that is unique over two columns', { keys: ['a', 'b'], unique: true }],
  ['that descends', { keys: [{ column: 'a', order: 'desc' }] }],
  [
    'with nulls in their other place',
    {
      keys: [
        { column: 'a', order: 'desc', nulls: 'last' },
        { column: 'b', nulls: 'first' },
      ],
    },
  ],
  ['with nulls where they are anyway', { keys: [{ column: 'a', order: 'asc', nulls: 'last' }] }],
  ['on an expression', { keys: [{ expression: 'LOWER( b )' }, { expression: `a+1`, order: 'desc' }] }],
  ['on an expression of several functions', { keys: [{ expression: `date_trunc('day', c AT TIME ZONE 'UTC')` }] }],
  ['that is partial', { keys: ['a'], where: `b IS NOT NULL AND a>3 and b in ('x','y')` }],
  ['that is unique and partial', { keys: ['a'], unique: true, where: "not b = 'x'" }],
  ['with included columns', { keys: ['a'], include: ['b', 'c'] }],
  ['with an operator class', { keys: [{ column: 'b', operatorClass: 'text_pattern_ops' }] }],
  ['with the operator class that it has anyway', { keys: [{ column: 'b', operatorClass: 'text_ops' }] }],
  [
    'with a collation',
    {
      keys: [
        { column: 'b', collation: 'C' },
        { expression: 'upper(b)', collation: 'POSIX' },
      ],
    },
  ],
  ['with storage options', { keys: ['a'], with: { fillfactor: 70, deduplicate_items: false } }],
  ['by hash', { keys: ['b'], method: 'hash' }],
  ['by BRIN', { keys: ['c'], method: 'brin', with: { pages_per_range: 32 } }],
  ['by GIN', { keys: ['d'], method: 'gin', with: { fastupdate: 'off' } }],
  ['by GIN with an operator class', { keys: [{ column: 'e', operatorClass: 'jsonb_path_ops' }], method: 'gin' }],
  ['by GiST', { keys: ['f'], method: 'gist' }],
];

describe('a table that is as defined is not replaced by the next call', () => {
  const site = migrationSite();
  const columns = { a: 'int', b: 'text', c: 'timestamptz', d: 'text[]', e: 'jsonb', f: 'int4range' };

  beforeAll(() =>
    site.client.query(`CREATE TYPE public.mood AS ENUM ('sad', 'ok'); CREATE TYPE s."My Enum" AS ENUM ('a', 'B');
      CREATE DOMAIN s.positive AS integer CHECK (value > 0); CREATE TYPE s.pair AS (l int, r text); CREATE DOMAIN citext_like AS text COLLATE "C"`),
  );

  async function isStable(...[name, types, more]: Parameters<typeof define>): Promise<void> {
    const table = define(name, types, more);
    await batch(site.client, table);
    const oid = await oidOf(site.client, table);
    const again = await batch(site.client, table);
    expect(again).toMatchObject({ isReplacement: false, isBare: false });
    expect(await oidOf(site.client, table)).toBe(oid);
  }

  it('whatever the spelling of its types', async () => {
    await isStable('types', Object.fromEntries(TYPES.map((type, place) => [`c${place} ${type}`, type])));
  });

  it.each(INDEXES)('with an index %s', async (what, index) => {
    await isStable(`index ${what}`, columns, { indexes: [index] });
    // From a table without it, too: built after the rows are copied.
    await batch(site.client, define(`later ${what}`, columns));
    await batch(site.client, define(`later ${what}`, columns, { indexes: [index] }));
    await isStable(`later ${what}`, columns, { indexes: [index] });
  });

  it('with a column declared unique, one that is key and unique, and two alike indexes', async () => {
    await isStable('uniques', columns, {
      unique: ['a', 'b'],
      primaryKey: ['a', 'b'],
      indexes: [{ keys: ['c'] }, { keys: ['c'] }],
    });
  });

  it('with a key in another order than the columns, and one of a single integer column', async () => {
    await isStable('key_order', columns, { primaryKey: ['c', 'a'] });
    await isStable('key_single', { id: 'integer' }, { primaryKey: ['id'] });
  });

  it('when its indexed columns have comments, defaults, checks or statistics in the database', async () => {
    const table = define('commented', columns, { indexes: [{ keys: ['a'] }], primaryKey: ['b'] });
    await batch(site.client, table);
    await site.client
      .query(`COMMENT ON COLUMN s.commented.a IS 'said'; ALTER TABLE s.commented ALTER a SET DEFAULT 3, ADD CHECK (a > 0);
      CREATE STATISTICS s.seen ON a, b FROM s.commented; ALTER TABLE s.commented ALTER b SET STATISTICS 1000, SET (fillfactor = 50)`);
    await isStable('commented', columns, { indexes: [{ keys: ['a'] }], primaryKey: ['b'] });
  });

  it('when pg-bulk-ingest or PostgreSQL named its keys and indexes', async () => {
    const name = `_tmp_${'0123456789abcdef'.repeat(2)}`;
    await site.client
      .query(`CREATE TABLE s.${name} (id integer PRIMARY KEY, u text UNIQUE); ALTER TABLE s.${name} RENAME TO peers;
      CREATE INDEX ${name} ON s.peers (u, id)`);
    await isStable(
      'peers',
      { id: 'integer', u: 'text' },
      { primaryKey: ['id'], unique: ['u'], indexes: [{ keys: ['u', 'id'] }] },
    );
  });

  it('whatever search path the session has', async () => {
    const where = { keys: ['m'], where: `m = 'a'::s."My Enum"` };
    await batch(site.client, define('pathless', { m: 's."My Enum"' }, { indexes: [where] }));
    const oid = await oidOf(site.client, 's.pathless');
    await site.client.query('SET search_path TO s');
    await isStable('pathless', { m: '"My Enum"' }, { indexes: [{ keys: ['m'], where: `(m = 'a')` }] });
    await site.client.query('RESET search_path');
    expect(await oidOf(site.client, 's.pathless')).toBe(oid);
  });

  it('and where nothing changed but comments, only those are written', async () => {
    await isStable('recommented', { id: 'integer' });
    const oid = await oidOf(site.client, 's.recommented');
    await batch(site.client, define('recommented', { id: 'integer' }, { comment: 'now said' }));
    expect(await valueOf(site.client, `SELECT obj_description('s.recommented'::regclass)`)).toBe('now said');
    expect(await oidOf(site.client, 's.recommented')).toBe(oid);
  });

  it('leaves nothing behind of the look at its definition', async () => {
    const count = 'SELECT count(*)::int FROM pg_class WHERE relnamespace = pg_my_temp_schema()';
    await isStable('traceless', columns, { indexes: [{ keys: ['a'] }], unique: ['b'] });
    expect(await valueOf(site.client, count)).toBe(0);
  });
});

describe('a definition that PostgreSQL does not accept', () => {
  const site = migrationSite();
  const refusals: readonly (readonly [string, Parameters<typeof define>, RegExp])[] = [
    [
      'an unknown type',
      ['bad', { id: 'integer', x: 'nosuchtype' }],
      /column "x" \(type nosuchtype\) of table "s"."bad".*nosuchtype/,
    ],
    ['a type with a wrong modifier', ['bad', { x: 'varchar(0)' }], /column "x"/],
    ['a pseudo-type', ['bad', { x: 'anyelement' }], /column "x"/],
    ['more than a type', ['bad', { x: 'integer DEFAULT 3' }], /column "x"/],
    ['another statement in a type', ['bad', { x: 'integer); DROP SCHEMA s CASCADE; --' }], /column "x"/],
    ['an index on an unknown column', ['bad', { x: 'integer' }, { indexes: [{ keys: ['y'] }] }], /index on "y".*"y"/],
    [
      'an unknown index method',
      ['bad', { x: 'integer' }, { indexes: [{ keys: ['x'], method: 'btreeish' }] }],
      /index on "x"/,
    ],
    [
      'an index method that the type lacks',
      ['bad', { x: 'text' }, { indexes: [{ keys: ['x'], method: 'gin' }] }],
      /index on "x"/,
    ],
    [
      'a wrong expression',
      ['bad', { x: 'text' }, { indexes: [{ keys: [{ expression: 'lower(z)' }] }] }],
      /index on lower\(z\)/,
    ],
    ['a wrong condition', ['bad', { x: 'text' }, { indexes: [{ keys: ['x'], where: 'now() > x' }] }], /index on "x"/],
    ['a key of a type without order', ['bad', { x: 'json' }, { primaryKey: ['x'] }], /table "s"."bad"/],
  ];

  it.each(refusals)(
    'for %s: the error says table and part, and the transaction goes on',
    async (_, [name, types, more], message) => {
      await site.client.query('BEGIN');
      await expect(prepareTable(site.client, define(name, types, more), { deleteFirst: false })).rejects.toMatchObject({
        name: 'TidemarkError',
        code: 'POSTGRES_DEFINITION',
        retryable: false,
        message: expect.stringMatching(message),
      });
      expect(await oidOf(site.client, 's.bad')).toBeNull();
      expect(await valueOf(site.client, `SELECT to_regnamespace('s') IS NOT NULL`)).toBe(true);
      await site.client.query('ROLLBACK');
    },
  );

  it('is refused where the name is that of a view', async () => {
    await site.client.query('CREATE VIEW s.a_view AS SELECT 1 AS id');
    await expect(batch(site.client, define('a_view', { id: 'integer' }))).rejects.toMatchObject({
      code: 'POSTGRES_NOT_A_TABLE',
      message: expect.stringMatching(/"s"."a_view" is a view/),
    });
  });
});
