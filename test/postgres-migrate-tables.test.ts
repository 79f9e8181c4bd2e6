import { describe, expect, it } from '@jest/globals';
import { ensureTable, prepareTable, readShape, wantedShape } from '../connectors/postgres/migrate/index.js';
import { batch, define, migrationSite, oidOf, rowsOf, valueOf } from './support/postgres-migrate.js';

const UNIQUE_VIOLATION = { code: '23505' };

describe('a table that its definition creates', () => {
  const site = migrationSite();

  it('is there only for its own transaction until that commits, bare until its keys are added', async () => {
    const table = define(
      'first',
      { id: 'integer', name: 'varchar(10)' },
      { primaryKey: ['id'], indexes: [{ keys: ['name'] }] },
    );
    await site.client.query('BEGIN');
    const prepared = await prepareTable(site.client, table, { deleteFirst: false });
    expect(prepared).toMatchObject({ isBare: true, isReplacement: false, writeTo: { schema: 's', name: 'first' } });
    const counted = `SELECT count(*)::int FROM pg_index WHERE indrelid = 's.first'::regclass`;
    expect(await valueOf(site.client, counted)).toBe(0);
    await prepared.addKeys();
    expect(await valueOf(site.client, counted)).toBe(1);
    await prepared.finish();
    expect(await valueOf(site.client, counted)).toBe(2);
    expect(await oidOf(site.reader, 's.first')).toBeNull();
    await site.client.query('COMMIT');
    expect(await oidOf(site.reader, 's.first')).not.toBeNull();
  });

  it('enforces a unique column: two equal values in one batch are refused [acceptance 3]', async () => {
    const table = define('unique_first', { id: 'integer' }, { unique: ['id'] });
    await expect(batch(site.client, table, [[1], [1]])).rejects.toMatchObject(UNIQUE_VIOLATION);
    expect(await oidOf(site.reader, 's.unique_first')).toBeNull();
  });

  it('gets its comments, and its schema where that is missing', async () => {
    const table = { ...define('said', { id: 'integer' }, { comment: `it's \\ said` }), schema: 'new schema' };
    await batch(site.client, { ...table, columns: [{ name: 'id', type: 'integer', comment: 'an id' }] });
    const said = `SELECT array_agg(description ORDER BY objsubid) FROM pg_description WHERE objoid = '"new schema".said'::regclass`;
    expect(await valueOf(site.reader, said)).toEqual([`it's \\ said`, 'an id']);
  });

  it('is whole after a call without batches, and one that is there is left as it is [acceptance 17]', async () => {
    const both = [{ keys: ['a'] }, { keys: ['a', 'b'] }];
    const table = define('ensured', { a: 'integer', b: 'integer' }, { indexes: both, primaryKey: ['b'] });
    await inTransaction(() => ensureTable(site.client, table));
    const live = await inTransaction(() => readShape(site.client, table));
    const wanted = await inTransaction(() => wantedShape(site.client, table));
    expect(live).toMatchObject({ columns: wanted.columns, primaryKey: ['b'], indexes: wanted.indexes });
    expect(wanted.indexes).toHaveLength(2);
    const oid = await oidOf(site.reader, 's.ensured');
    await inTransaction(() => ensureTable(site.client, define('ensured', { other: 'text' })));
    expect(await oidOf(site.reader, 's.ensured')).toBe(oid);
    expect(await inTransaction(() => readShape(site.client, table))).toEqual(live);
  });

  it('needs no right to create schemas where the schema is there', async () => {
    await site.createRoles('tm_loader');
    await site.client.query(`CREATE SCHEMA loaded AUTHORIZATION tm_loader; SET ROLE tm_loader`);
    try {
      expect(await valueOf(site.client, `SELECT has_database_privilege(current_database(), 'CREATE')`)).toBe(false);
      await batch(site.client, { ...define('t', { id: 'integer' }), schema: 'loaded' }, [[1]]);
      await batch(site.client, { ...define('t', { id: 'bigint' }), schema: 'loaded' }, [[2]]);
    } finally {
      await site.client.query('RESET ROLE');
    }
    expect(await rowsOf(site.reader, 'loaded.t')).toHaveLength(2);
  });

  async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await site.client.query('BEGIN');
    const result = await work();
    await site.client.query('COMMIT');
    return result;
  }
});

describe('a table that differs from its definition', () => {
  const site = migrationSite();
  const indexesOf = async (table: string): Promise<unknown> =>
    await valueOf(
      site.reader,
      `SELECT array_agg(text ORDER BY text) FROM (
        SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '') AS text FROM pg_index WHERE indrelid = $1::regclass) x`,
      [table],
    );

  it('enforces unique on a column that has rows already, old and new ones together [acceptance 4]', async () => {
    await batch(site.client, define('unique_later', { id: 'integer' }), [[1], [2]]);
    const unique = define('unique_later', { id: 'integer' }, { unique: ['id'] });
    await expect(batch(site.client, unique, [[2]])).rejects.toMatchObject(UNIQUE_VIOLATION);
    expect(await rowsOf(site.reader, 's.unique_later')).toEqual([[1], [2]]);
    await batch(site.client, unique, [[3]]);
    await expect(batch(site.client, unique, [[3]])).rejects.toMatchObject(UNIQUE_VIOLATION);
  });

  it('is one new empty relation when rows are to go and none come [acceptance 6]', async () => {
    const relations = `SELECT array_agg(oid::text ORDER BY relname) FROM pg_class WHERE relnamespace = 's'::regnamespace AND relname LIKE 'emptied%'`;
    await batch(site.client, define('emptied', { id: 'integer' }), [], { deleteFirst: true });
    expect(await valueOf(site.reader, relations)).toHaveLength(1);
    await batch(site.client, define('emptied', { id: 'integer' }), [[1]]);
    const before = await valueOf(site.reader, relations);
    const prepared = await batch(site.client, define('emptied', { id: 'integer' }), [], { deleteFirst: true });
    expect(prepared).toMatchObject({ isBare: true, isReplacement: true });
    expect(await valueOf(site.reader, relations)).toHaveLength(1);
    expect(await valueOf(site.reader, relations)).not.toEqual(before);
    expect(await rowsOf(site.reader, 's.emptied')).toEqual([]);
  });

  it('may have an indexed column with a very long name, and is not replaced by the next call [acceptance 7]', async () => {
    const column = 'a_very_long_name_'.repeat(4).slice(0, 63);
    const plain = define('long_names', { [column]: 'integer' });
    const indexed = define(
      'long_names',
      { [column]: 'integer' },
      { indexes: [{ keys: [column] }], primaryKey: [column] },
    );
    await batch(site.client, plain, [[1]]);
    await batch(site.client, indexed, [[2]]);
    const oid = await oidOf(site.reader, 's.long_names');
    await batch(site.client, indexed, [[3]]);
    expect(await oidOf(site.reader, 's.long_names')).toBe(oid);
    expect(await rowsOf(site.reader, 's.long_names')).toEqual([[1], [2], [3]]);
  });

  it('is replaced when a column is appended: old rows get null, and others see the old rows until the commit [acceptance 16]', async () => {
    await batch(site.client, define('appended', { id: 'integer' }), [[1], [2]]);
    const before = await oidOf(site.reader, 's.appended');
    let seen: unknown;
    const wider = define('appended', { id: 'integer', extra: 'text' });
    await batch(site.client, wider, [[3, 'new']], {
      beforeSwap: async () => {
        seen = await rowsOf(site.reader, 's.appended');
      },
    });
    expect(seen).toEqual([[1], [2]]);
    expect(await rowsOf(site.reader, 's.appended')).toEqual([
      [1, null],
      [2, null],
      [3, 'new'],
    ]);
    expect(await oidOf(site.reader, 's.appended')).not.toBe(before);
  });

  it('is replaced when two indexes are added, and then has them apart from their names [acceptance 18]', async () => {
    await batch(site.client, define('indexed', { a: 'integer', b: 'text' }), [[1, 'x']]);
    const before = await oidOf(site.reader, 's.indexed');
    const indexes = [{ keys: ['a'] }, { keys: ['a', { column: 'b', order: 'desc' as const }] }];
    await batch(site.client, define('indexed', { a: 'integer', b: 'text' }, { indexes }));
    expect(await oidOf(site.reader, 's.indexed')).not.toBe(before);
    expect(await indexesOf('s.indexed')).toEqual(['btree (a)', 'btree (a, b DESC)']);
    expect(await rowsOf(site.reader, 's.indexed')).toEqual([[1, 'x']]);
  });

  it('gets a GIN index on a text array; no included columns are as good as none said [acceptance 19]', async () => {
    await batch(site.client, define('tagged', { tags: 'text[]' }), [[['a', 'b']]]);
    const indexes = [{ keys: ['tags'], method: 'gin', include: [] }];
    await batch(site.client, define('tagged', { tags: 'text[]' }, { indexes }));
    expect(await indexesOf('s.tagged')).toEqual(['gin (tags)']);
    const oid = await oidOf(site.reader, 's.tagged');
    await batch(site.client, define('tagged', { tags: 'text[]' }, { indexes: [{ keys: ['tags'], method: 'gin' }] }));
    expect(await oidOf(site.reader, 's.tagged')).toBe(oid);
  });

  it('is replaced when an index is removed, and the index is gone [acceptance 20]', async () => {
    await batch(site.client, define('unindexed', { a: 'integer' }, { indexes: [{ keys: ['a'] }] }), [[1]]);
    const before = await oidOf(site.reader, 's.unindexed');
    await batch(site.client, define('unindexed', { a: 'integer' }));
    expect(await oidOf(site.reader, 's.unindexed')).not.toBe(before);
    expect(await indexesOf('s.unindexed')).toBeNull();
    expect(await rowsOf(site.reader, 's.unindexed')).toEqual([[1]]);
  });

  it('keeps values in their columns when one is inserted in the middle, which is null in old rows [acceptance 21]', async () => {
    await batch(site.client, define('middle', { a: 'integer', c: 'text' }), [[1, 'c']]);
    const before = await oidOf(site.reader, 's.middle');
    await batch(site.client, define('middle', { a: 'integer', b: 'text', c: 'text' }), [[2, 'b', 'c2']]);
    expect(await rowsOf(site.reader, 's.middle')).toEqual([
      [1, null, 'c'],
      [2, 'b', 'c2'],
    ]);
    expect(await oidOf(site.reader, 's.middle')).not.toBe(before);
  });

  it('stays readable, with its view, by roles that may use the schema only afterwards [acceptance 23]', async () => {
    await site.createRoles('tm_late_reader');
    await batch(site.client, define('granted', { id: 'integer' }), [[1]]);
    await site.client.query(`CREATE VIEW s.granted_view AS SELECT * FROM s.granted;
      GRANT SELECT ON s.granted, s.granted_view TO tm_late_reader`);
    await batch(site.client, define('granted', { id: 'integer', extra: 'text' }), [[2, 'x']]);
    await site.client.query('GRANT USAGE ON SCHEMA s TO tm_late_reader');
    await site.reader.query('SET ROLE tm_late_reader');
    try {
      expect(await rowsOf(site.reader, 's.granted')).toEqual([
        [1, null],
        [2, 'x'],
      ]);
      expect(await rowsOf(site.reader, 's.granted_view')).toEqual([[1], [2]]);
    } finally {
      await site.reader.query('RESET ROLE');
    }
  });

  it('casts its rows as an assignment does, and leaves all as it was where that cannot be', async () => {
    await batch(site.client, define('cast', { a: 'integer', b: 'timestamp', c: 'text' }), [
      [7, '2020-02-03 04:05:06', 'x'],
    ]);
    await batch(site.client, define('cast', { a: 'varchar(5)', b: 'date', c: 'varchar(3)' }));
    expect(await valueOf(site.reader, 'SELECT a || b::text || c FROM s.cast')).toBe('72020-02-03x');
    const oid = await oidOf(site.reader, 's.cast');
    await expect(batch(site.client, define('cast', { a: 'integer', b: 'date', c: 'text' }))).rejects.toMatchObject({
      code: '42804',
    });
    expect(await oidOf(site.reader, 's.cast')).toBe(oid);
  });

  it('may have no column in common with its definition: its rows are there, with nothing in them', async () => {
    await batch(site.client, define('renamed', { old: 'integer' }), [[1], [2]]);
    await batch(site.client, define('renamed', { fresh: 'text' }), [['x']]);
    expect(await rowsOf(site.reader, 's.renamed')).toEqual([['x'], [null], [null]]);
  });

  it('takes no new column that must not be null while it has rows, and says which', async () => {
    await batch(site.client, define('strict', { id: 'integer' }), [[1]]);
    const table = define('strict', { id: 'integer', must: 'text' }, { notNull: ['must'] });
    await expect(batch(site.client, table)).rejects.toMatchObject({
      code: 'POSTGRES_MIGRATION_BLOCKED',
      message: expect.stringMatching(/"must" of "s"."strict" is new and must not be null/),
    });
    await batch(site.client, table, [[2, 'x']], { deleteFirst: true });
    expect(await rowsOf(site.reader, 's.strict')).toEqual([[2, 'x']]);
  });

  it('keeps the names of its keys and indexes, and gives new ones the names that PostgreSQL would', async () => {
    await batch(
      site.client,
      define('named', { a: 'integer', b: 'text' }, { primaryKey: ['a'], indexes: [{ keys: ['b'] }] }),
    );
    await site.client.query(
      'ALTER INDEX s.named_b_idx RENAME TO "My Index"; ALTER TABLE s.named RENAME CONSTRAINT named_pkey TO my_key',
    );
    const names = `SELECT array_agg(relname::text ORDER BY relname) FROM pg_class WHERE oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 's.named'::regclass)`;
    const columns = { a: 'integer', b: 'text', c: 'text' };
    const indexes = [{ keys: ['b'] }, { keys: ['b', 'c'] }, { keys: [{ expression: 'lower(c)' }] }];
    await batch(site.client, define('named', columns, { primaryKey: ['a'], indexes, unique: ['c'] }));
    expect(await valueOf(site.reader, names)).toEqual([
      'My Index',
      'my_key',
      'named_b_c_idx',
      'named_c_key',
      'named_expr_idx',
    ]);
    const leftovers = `SELECT count(*)::int FROM (SELECT conname AS name FROM pg_constraint UNION ALL SELECT relname FROM pg_class) x WHERE name LIKE '\\_tmp\\_%'`;
    expect(await valueOf(site.reader, leftovers)).toBe(0);
  });
});
