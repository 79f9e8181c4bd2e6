import { beforeAll, describe, expect, it } from '@jest/globals';
import { quoteName, quoteTable } from '../connectors/postgres/quote.js';
import { batch, define, migrationSite, oidOf, rowsOf, valueOf } from './support/postgres-migrate.js';

const narrow = (name: string) => define(name, { id: 'integer', kind: 'text' });
const wide = (name: string) => define(name, { id: 'integer', kind: 'text', extra: 'text' });

describe('views on a table that is replaced', () => {
  const site = migrationSite();
  beforeAll(async () => await site.createRoles('tm_view_owner', 'tm_reader', 'tm_matview_owner'));
  const sql = async (text: string): Promise<void> => {
    await site.client.query(text);
  };
  const definitionsOf = async (views: readonly string[]): Promise<unknown> =>
    await valueOf(site.reader, 'SELECT array_agg(pg_get_viewdef(v::regclass) ORDER BY v) FROM unnest($1::text[]) v', [
      views,
    ]);
  const look = async (query: string): Promise<Record<string, unknown>[]> =>
    (await site.reader.query<Record<string, unknown>>(query)).rows;

  async function definitionsStay(table: string, views: readonly string[]): Promise<void> {
    const before = await definitionsOf(views);
    await batch(site.client, wide(table), [[9, 'z', 'new']]);
    expect(await definitionsOf(views)).toEqual(before);
  }

  it('that filter it still exist and show old and new rows that match [acceptance 40]', async () => {
    await batch(site.client, narrow('filtered'), [
      [1, 'a'],
      [2, 'b'],
    ]);
    await sql(`CREATE VIEW s.only_a AS SELECT * FROM s.filtered WHERE kind = 'a'`);
    await batch(site.client, wide('filtered'), [
      [3, 'a', null],
      [4, 'c', null],
    ]);
    expect(await rowsOf(site.reader, 's.only_a')).toEqual([
      [1, 'a'],
      [3, 'a'],
    ]);
  });

  it('that another role owns stay readable by that role [acceptance 41]', async () => {
    await batch(site.client, narrow('owned'), [[1, 'a']]);
    await sql(`GRANT USAGE, CREATE ON SCHEMA s TO tm_view_owner; GRANT SELECT ON s.owned TO tm_view_owner;
      CREATE VIEW s.owned_view AS SELECT * FROM s.owned; ALTER VIEW s.owned_view OWNER TO tm_view_owner`);
    await batch(site.client, wide('owned'), [[2, 'b', null]]);
    await site.reader.query('SET ROLE tm_view_owner');
    try {
      expect(await rowsOf(site.reader, 's.owned_view')).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
    } finally {
      await site.reader.query('RESET ROLE');
    }
    expect(await valueOf(site.reader, `SELECT viewowner::text FROM pg_views WHERE viewname = 'owned_view'`)).toBe(
      'tm_view_owner',
    );
  });

  it('that are independent of each other both survive with the right rows [acceptance 43]', async () => {
    await batch(site.client, narrow('pair'), [[1, 'a']]);
    await sql(`CREATE VIEW s.pair_1 AS SELECT id FROM s.pair; CREATE VIEW s.pair_2 AS SELECT kind FROM s.pair`);
    await batch(site.client, wide('pair'), [[2, 'b', null]]);
    expect(await rowsOf(site.reader, 's.pair_1')).toEqual([[1], [2]]);
    expect(await rowsOf(site.reader, 's.pair_2')).toEqual([['a'], ['b']]);
  });

  it('that stand on other views survive with the right rows [acceptance 44]', async () => {
    await batch(site.client, narrow('base'), [[1, 'a']]);
    await sql(
      `CREATE VIEW s.level_1 AS SELECT * FROM s.base; CREATE VIEW s.level_2 AS SELECT id + 1 AS next FROM s.level_1`,
    );
    await batch(site.client, wide('base'), [[2, 'b', null]]);
    expect(await rowsOf(site.reader, 's.level_2')).toEqual([[2], [3]]);
  });

  it('that are a cycle of two keep their definitions [acceptance 45]', async () => {
    await batch(site.client, narrow('two'), [[1, 'a']]);
    await sql(`CREATE VIEW s.two_a AS SELECT id FROM s.two; CREATE VIEW s.two_b AS SELECT id FROM s.two_a;
      CREATE OR REPLACE VIEW s.two_a AS SELECT t.id FROM s.two t JOIN s.two_b b ON b.id = t.id`);
    await definitionsStay('two', ['s.two_a', 's.two_b']);
  });

  it('that are a cycle of three keep their definitions [acceptance 46]', async () => {
    await batch(site.client, narrow('three'), [[1, 'a']]);
    await sql(`CREATE VIEW s.three_a AS SELECT id FROM s.three; CREATE VIEW s.three_b AS SELECT id FROM s.three_a;
      CREATE VIEW s.three_c AS SELECT id FROM s.three_b;
      CREATE OR REPLACE VIEW s.three_a AS SELECT t.id FROM s.three t JOIN s.three_c c ON c.id = t.id`);
    await definitionsStay('three', ['s.three_a', 's.three_b', 's.three_c']);
  });

  it('with window functions, recursion, self-joins, sub-queries and each other keep their definitions [acceptance 47]', async () => {
    await batch(site.client, narrow('rich'), [[1, 'a']]);
    await sql(`
      CREATE VIEW s.rich_window AS SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id DESC) AS place FROM s.rich;
      CREATE VIEW s.rich_recursive AS WITH RECURSIVE up(id, depth) AS (
        SELECT id, 0 FROM s.rich UNION ALL SELECT r.id, up.depth + 1 FROM s.rich r JOIN up ON r.id = up.id + 1 WHERE up.depth < 5
      ) SELECT * FROM up;
      CREATE VIEW s.rich_self AS SELECT l.id, r.kind FROM s.rich l LEFT JOIN s.rich r ON r.id = l.id - 1;
      CREATE VIEW s.rich_sub AS SELECT w.*, (SELECT max(x.id) FROM s.rich_self x WHERE x.kind IN (SELECT kind FROM s.rich)) AS most
        FROM s.rich_window w WHERE EXISTS (SELECT FROM s.rich_recursive u WHERE u.id = w.id)`);
    await definitionsStay('rich', ['s.rich_window', 's.rich_recursive', 's.rich_self', 's.rich_sub']);
  });

  it('in the order materialized, ordinary on it, and a third on both and the table keep their definitions [acceptance 48]', async () => {
    await batch(site.client, narrow('mixed'), [[1, 'a']]);
    await sql(`CREATE MATERIALIZED VIEW s.mixed_m AS SELECT * FROM s.mixed; CREATE VIEW s.mixed_v AS SELECT id FROM s.mixed_m;
      CREATE VIEW s.mixed_both AS SELECT v.id, m.kind FROM s.mixed t JOIN s.mixed_v v USING (id) JOIN s.mixed_m m ON m.id = v.id`);
    await definitionsStay('mixed', ['s.mixed_m', 's.mixed_v', 's.mixed_both']);
    expect(await rowsOf(site.reader, 's.mixed_both')).toEqual([
      [1, 'a'],
      [9, 'z'],
    ]);
  });

  it('in a chain of 999 materialized ones are filled in their order [acceptance 49]', async () => {
    await batch(site.client, narrow('chain'), [[1, 'a']]);
    const names = Array.from({ length: 999 }, (_, index) => `s.chain_${index + 1}`);
    await sql(
      names
        .map((name, index) => `CREATE MATERIALIZED VIEW ${name} AS SELECT * FROM ${names[index - 1] ?? 's.chain'}`)
        .join(';\n'),
    );
    await batch(site.client, narrow('chain'), [[2, 'b']], { deleteFirst: true });
    expect(await rowsOf(site.reader, 's.chain_999')).toEqual([[2, 'b']]);
  }, 240_000);

  it('that read the table both directly and through another materialized view are filled after it [acceptance 50]', async () => {
    await batch(site.client, narrow('twice'), [[1, 'a']]);
    // Made in an order that their oids do not tell: what is read is younger than its reader.
    await sql(`CREATE VIEW s.twice_between AS SELECT id FROM s.twice;
      CREATE MATERIALIZED VIEW s.twice_last AS SELECT t.id AS direct, m.id AS through FROM s.twice t JOIN s.twice_between m USING (id);
      CREATE MATERIALIZED VIEW s.twice_first AS SELECT id FROM s.twice;
      CREATE OR REPLACE VIEW s.twice_between AS SELECT id FROM s.twice_first; REFRESH MATERIALIZED VIEW s.twice_last`);
    await batch(site.client, wide('twice'), [[2, 'b', null]]);
    expect(await rowsOf(site.reader, 's.twice_last')).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('survive names with dots, spaces, quotes, percent signs and commas [acceptance 51]', async () => {
    const schema = `sch."ema' %s, x`;
    const name = `ta.ble "q" '%(a)s', 🌊 :b`;
    const column = `c.ol "u" %s, 'mn'`;
    const table = { ...define('x', { [column]: 'integer' }), schema, name };
    await batch(site.client, table, [[1]]);
    const view = { schema, name: `vi.ew "of" %s, it's :a` };
    const top = { schema, name: `top, "of" 100%` };
    await sql(
      `CREATE VIEW ${quoteTable(view)} AS SELECT ${quoteName(column)}, ' a :b %s'::text AS "a :b" FROM ${quoteTable(table)}`,
    );
    await sql(`CREATE MATERIALIZED VIEW ${quoteTable(top)} AS SELECT * FROM ${quoteTable(view)}`);
    const added = { name: `new. % "col" 's`, type: 'text' };
    await batch(site.client, { ...table, columns: [...table.columns, added] }, [[2, 'x']]);
    for (const one of [view, top])
      expect(await rowsOf(site.reader, one)).toEqual([
        [1, ' a :b %s'],
        [2, ' a :b %s'],
      ]);
    expect(await rowsOf(site.reader, table)).toEqual([
      [1, null],
      [2, 'x'],
    ]);
  });

  it('keep identity, owner, comments, options, triggers and all grants', async () => {
    await batch(site.client, narrow('dressed'), [[1, 'a']]);
    await sql(`CREATE VIEW s.dressed_view WITH (security_barrier, security_invoker) AS SELECT * FROM s.dressed WHERE id > 0 WITH LOCAL CHECK OPTION;
      COMMENT ON VIEW s.dressed_view IS 'a view'; COMMENT ON COLUMN s.dressed_view.id IS 'its id';
      GRANT SELECT, INSERT ON s.dressed_view TO tm_reader WITH GRANT OPTION; GRANT SELECT ON s.dressed_view TO PUBLIC;
      GRANT UPDATE (kind) ON s.dressed_view TO tm_reader;
      ALTER VIEW s.dressed_view ALTER COLUMN kind SET DEFAULT 'd';
      CREATE RULE dressed_rule AS ON DELETE TO s.dressed_view DO INSTEAD DELETE FROM s.dressed WHERE id = old.id`);
    const query = `SELECT c.oid, c.relacl, c.reloptions, obj_description(c.oid) AS said, col_description(c.oid, 1) AS column_said,
        (SELECT array_agg(a.attacl) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) AS columns,
        (SELECT array_agg(pg_get_ruledef(r.oid) ORDER BY r.rulename) FROM pg_rewrite r WHERE r.ev_class = c.oid) AS rules,
        (SELECT array_agg(pg_get_expr(d.adbin, d.adrelid)) FROM pg_attrdef d WHERE d.adrelid = c.oid) AS defaults
        FROM pg_class c WHERE c.oid = 's.dressed_view'::regclass`;
    const before = await look(query);
    await batch(site.client, wide('dressed'), [[2, 'b', null]]);
    expect(await look(query)).toEqual(before);
  });

  it('when materialized keep indexes, owner, comments, options, grants, and whether they are filled', async () => {
    await batch(site.client, narrow('stored'), [[1, 'a']]);
    await sql(`GRANT USAGE, CREATE ON SCHEMA s TO tm_matview_owner; GRANT SELECT ON s.stored TO tm_matview_owner;
      CREATE MATERIALIZED VIEW s.stored_m WITH (fillfactor = 70) AS SELECT * FROM s.stored;
      CREATE MATERIALIZED VIEW s.stored_empty AS SELECT id FROM s.stored_m WITH NO DATA;
      CREATE UNIQUE INDEX stored_m_by_id ON s.stored_m (id DESC) WHERE id > 0; COMMENT ON INDEX s.stored_m_by_id IS 'an index';
      COMMENT ON MATERIALIZED VIEW s.stored_m IS 'stored'; COMMENT ON COLUMN s.stored_m.kind IS 'its kind';
      GRANT SELECT ON s.stored_m TO PUBLIC; GRANT SELECT ON s.stored_m TO tm_reader WITH GRANT OPTION; GRANT SELECT (id) ON s.stored_empty TO tm_reader;
      ALTER MATERIALIZED VIEW s.stored_m OWNER TO tm_matview_owner; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT ALL ON TABLES TO PUBLIC`);
    const query = `SELECT c.relname, c.relowner, c.relispopulated, c.reloptions, obj_description(c.oid) AS said,
        (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(c.relacl, acldefault('r', c.relowner))) x) AS acl,
        (SELECT array_agg(a.attname || a.attacl::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) AS columns,
        (SELECT array_agg(col_description(c.oid, a.attnum)) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns_said,
        (SELECT array_agg(pg_get_indexdef(i.indexrelid) || obj_description(i.indexrelid)) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes
        FROM pg_class c WHERE c.relname IN ('stored_m', 'stored_empty') ORDER BY 1`;
    const before = await look(query);
    await batch(site.client, wide('stored'), [[2, 'b', null]]);
    await sql('ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE ALL ON TABLES FROM PUBLIC');
    expect(await look(query)).toEqual(before);
    expect(await rowsOf(site.reader, 's.stored_m')).toHaveLength(2);
  });

  it('are found by their own names whatever the search path is', async () => {
    await sql('CREATE SCHEMA other');
    await batch(site.client, narrow('pathed'), [[1, 'a']]);
    await sql(
      `SET search_path TO other, s; CREATE VIEW pathed_view AS SELECT * FROM pathed; CREATE MATERIALIZED VIEW s.pathed_m AS SELECT * FROM pathed_view`,
    );
    try {
      await batch(site.client, wide('pathed'), [[2, 'b', null]]);
      expect(await valueOf(site.client, 'SHOW search_path')).toBe('other, s');
    } finally {
      await sql('RESET search_path');
    }
    expect(await rowsOf(site.reader, 'other.pathed_view')).toHaveLength(2);
    expect(await rowsOf(site.reader, 's.pathed_m')).toHaveLength(2);
    expect(await oidOf(site.reader, 's.pathed_view')).toBeNull();
  });

  it('leave everything as it was when one uses a column that is dropped: the error names view and column', async () => {
    await batch(site.client, narrow('used'), [[1, 'a']]);
    await sql(`CREATE VIEW s.used_view AS SELECT id FROM s.used WHERE kind <> 'x'`);
    const before = [await oidOf(site.reader, 's.used'), await oidOf(site.reader, 's.used_view')];
    await expect(batch(site.client, define('used', { id: 'integer' }), [[2]])).rejects.toMatchObject({
      code: 'POSTGRES_VIEW_USES_COLUMN',
      retryable: false,
      message: expect.stringMatching(/"used_view" uses column "kind" of "s"."used"/),
    });
    expect([await oidOf(site.reader, 's.used'), await oidOf(site.reader, 's.used_view')]).toEqual(before);
    expect(await rowsOf(site.reader, 's.used_view')).toEqual([[1]]);
  });

  it('leave everything as it was when one cannot be made again on a column of another type', async () => {
    await batch(site.client, narrow('retyped'), [[1, 'a']]);
    await sql(`CREATE VIEW s.retyped_view AS SELECT id FROM s.retyped`);
    await expect(batch(site.client, define('retyped', { id: 'bigint', kind: 'text' }))).rejects.toMatchObject({
      code: 'POSTGRES_VIEW_IN_THE_WAY',
      message: expect.stringMatching(/"retyped_view".*"id".*It uses "id"/),
    });
    expect(await rowsOf(site.reader, 's.retyped_view')).toEqual([[1]]);
    // Only the view's own columns matter: one that is compared may change.
    await sql(`CREATE OR REPLACE VIEW s.retyped_view AS SELECT 1 AS id FROM s.retyped WHERE id > 0`);
    await batch(site.client, define('retyped', { id: 'bigint', kind: 'text' }));
    expect(await rowsOf(site.reader, 's.retyped_view')).toEqual([[1]]);
  });

  it('that are made while the rows are loaded are kept, too', async () => {
    await batch(site.client, narrow('late'), [[1, 'a']]);
    await batch(site.client, wide('late'), [[2, 'b', null]], {
      beforeSwap: async () => {
        await site.reader.query('CREATE VIEW s.late_view AS SELECT id FROM s.late');
      },
    });
    expect(await rowsOf(site.reader, 's.late_view')).toEqual([[1], [2]]);
  });
});

describe('a function that returns rows of a table', () => {
  const site = migrationSite();

  it('keeps the table from being replaced: the error names it, and nothing was changed', async () => {
    await batch(site.client, narrow('typed'), [[1, 'a']]);
    await site.client.query(
      `CREATE FUNCTION s.all_typed() RETURNS SETOF s.typed LANGUAGE sql AS 'SELECT * FROM s.typed'`,
    );
    const before = await oidOf(site.reader, 's.typed');
    await expect(batch(site.client, wide('typed'))).rejects.toMatchObject({
      code: 'POSTGRES_MIGRATION_BLOCKED',
      message: expect.stringMatching(/function s\.all_typed\(\) depends on table s\.typed/),
    });
    expect(await oidOf(site.reader, 's.typed')).toBe(before);
  });
});
