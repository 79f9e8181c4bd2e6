import { beforeAll, describe, expect, it } from '@jest/globals';
import { batch, define, migrationSite, oidOf, rowsOf, valueOf } from './support/postgres-migrate.js';

const wide = (name: string) => define(name, { id: 'integer', kind: 'text', extra: 'text' }, { notNull: ['id'] });

describe('a table that is replaced keeps', () => {
  const site = migrationSite();
  const sql = async (text: string): Promise<void> => {
    await site.client.query(text);
  };

  beforeAll(async () => {
    await site.createRoles('tm_one', 'tm_two', 'tm_owner');
    await sql('GRANT USAGE, CREATE ON SCHEMA s TO tm_owner');
  });

  const grantsOf = async (table: string): Promise<unknown> =>
    await valueOf(
      site.reader,
      `SELECT array_agg(x ORDER BY x) FROM (
        SELECT format('%s %s %s %s', 'table', nullif(a.grantee, 0)::regrole, a.privilege_type, a.is_grantable) AS x
        FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.oid = $1::regclass
        UNION ALL
        SELECT format('%s %s %s %s', t.attname, nullif(a.grantee, 0)::regrole, a.privilege_type, a.is_grantable)
        FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = $1::regclass AND NOT t.attisdropped) y`,
      [table],
    );

  it('its grants: those of PUBLIC, with grant option, on columns, and those taken from the owner', async () => {
    await sql(`CREATE TABLE s.granted (id integer, kind text, gone text);
      GRANT SELECT ON s.granted TO PUBLIC; GRANT INSERT, UPDATE ON s.granted TO tm_one WITH GRANT OPTION; GRANT ALL ON s.granted TO tm_two;
      GRANT UPDATE (kind), SELECT (id) ON s.granted TO tm_two WITH GRANT OPTION; GRANT REFERENCES (id) ON s.granted TO PUBLIC;
      REVOKE TRUNCATE ON s.granted FROM current_user`);
    const before = await grantsOf('s.granted');
    await sql('ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT ALL ON TABLES TO tm_owner');
    await sql('GRANT SELECT (gone) ON s.granted TO tm_owner');
    await batch(site.client, wide('granted'), [[1, 'a', 'x']]);
    await sql('ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE ALL ON TABLES FROM tm_owner');
    expect(await grantsOf('s.granted')).toEqual(before);
  });

  it('that it has no grants but its owner, whatever new tables are given', async () => {
    await sql('CREATE TABLE s.private (id integer, kind text)');
    const before = await grantsOf('s.private');
    await sql('ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC');
    await batch(site.client, wide('private'));
    await sql('ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM PUBLIC');
    expect(await grantsOf('s.private')).toEqual(before);
  });

  it('its owner', async () => {
    await sql(
      'CREATE TABLE s.owned (id integer, kind text); ALTER TABLE s.owned OWNER TO tm_owner; GRANT SELECT ON s.owned TO tm_one',
    );
    const before = await grantsOf('s.owned');
    await batch(site.client, wide('owned'));
    expect(await valueOf(site.reader, `SELECT tableowner::text FROM pg_tables WHERE tablename = 'owned'`)).toBe(
      'tm_owner',
    );
    expect(await grantsOf('s.owned')).toEqual(before);
  });

  it('its comments, but for those that the definition gives', async () => {
    await sql(`CREATE TABLE s.said (id integer, kind text, gone text); COMMENT ON TABLE s.said IS 'it''s "a" \\ table';
      COMMENT ON COLUMN s.said.id IS 'old'; COMMENT ON COLUMN s.said.kind IS 'kept'; COMMENT ON COLUMN s.said.gone IS 'gone'`);
    const table = wide('said');
    await batch(site.client, {
      ...table,
      columns: table.columns.map((one) => (one.name === 'id' ? { ...one, comment: 'new' } : one)),
    });
    expect(
      await valueOf(
        site.reader,
        `SELECT array_agg(description ORDER BY objsubid) FROM pg_description WHERE objoid = 's.said'::regclass`,
      ),
    ).toEqual([`it's "a" \\ table`, 'new', 'kept']);
  });

  it('defaults, sequences, identities, checks, collations and storage', async () => {
    await sql(`CREATE UNLOGGED TABLE s.rich (id serial, kind text COLLATE "C" DEFAULT 'some', n integer GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5),
      CONSTRAINT positive CHECK (id > 0)) WITH (fillfactor = 50, autovacuum_enabled = false);
      INSERT INTO s.rich (kind) VALUES ('a'), ('b'); ALTER TABLE s.rich ADD CONSTRAINT later CHECK (kind <> 'b') NOT VALID,
      ALTER kind SET STATISTICS 77, ALTER kind SET STORAGE EXTERNAL, ALTER kind SET COMPRESSION pglz, ALTER kind SET (n_distinct = 5)`);
    const table = define(
      'rich',
      { extra: 'text', id: 'integer', kind: 'text', n: 'integer' },
      { notNull: ['id', 'n'] },
    );
    await batch(site.client, table);
    await sql(`INSERT INTO s.rich (extra) VALUES ('x')`);
    expect(await rowsOf(site.reader, 's.rich')).toEqual([
      ['x', 3, 'some', 20],
      [null, 1, 'a', 10],
      [null, 2, 'b', 15],
    ]);
    expect(
      await valueOf(
        site.reader,
        `SELECT array_agg(conname || ' ' || pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint WHERE conrelid = 's.rich'::regclass AND contype = 'c'`,
      ),
    ).toEqual([`later CHECK ((kind <> 'b'::text)) NOT VALID`, 'positive CHECK ((id > 0))']);
    expect(
      await valueOf(
        site.reader,
        `SELECT relpersistence::text || reloptions::text FROM pg_class WHERE oid = 's.rich'::regclass`,
      ),
    ).toBe('u{fillfactor=50,autovacuum_enabled=false}');
    expect(
      await valueOf(
        site.reader,
        `SELECT collation_name FROM information_schema.columns WHERE table_name = 'rich' AND column_name = 'kind'`,
      ),
    ).toBe('C');
    expect(
      await valueOf(
        site.reader,
        `SELECT pg_get_serial_sequence('s.rich', 'id') || ' ' || pg_get_serial_sequence('s.rich', 'n')`,
      ),
    ).toBe('s.rich_id_seq s.rich_n_seq');
    expect(
      await valueOf(
        site.reader,
        `SELECT concat_ws(' ', attstattarget, attstorage, attcompression, attoptions) FROM pg_attribute WHERE attrelid = 's.rich'::regclass AND attname = 'kind'`,
      ),
    ).toBe('77 e p {n_distinct=5}');
    const again = await batch(site.client, table);
    expect(again.isReplacement).toBe(false);
  });

  it('triggers, policies, rules and statistics', async () => {
    await sql(`CREATE TABLE s.active (id integer, kind text);
      CREATE FUNCTION s.mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.kind := 'marked'; RETURN new; END $$;
      CREATE TRIGGER marks BEFORE INSERT ON s.active FOR EACH ROW EXECUTE FUNCTION s.mark();
      CREATE TRIGGER sleeps BEFORE UPDATE OF kind ON s.active FOR EACH ROW WHEN (new.id > 3) EXECUTE FUNCTION s.mark();
      ALTER TABLE s.active DISABLE TRIGGER sleeps; ALTER TABLE s.active ENABLE ROW LEVEL SECURITY;
      CREATE POLICY few ON s.active AS RESTRICTIVE FOR UPDATE TO tm_one, tm_two USING (id > 1) WITH CHECK (id > 2); CREATE POLICY every ON s.active USING (true);
      CREATE RULE ignores AS ON DELETE TO s.active DO INSTEAD NOTHING; CREATE STATISTICS s.active_stats (ndistinct) ON id, kind FROM s.active;
      ALTER TABLE s.active REPLICA IDENTITY FULL`);
    const query = `SELECT (SELECT array_agg(pg_get_triggerdef(oid) || tgenabled::text ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid) AS triggers,
      (SELECT array_agg(p::text ORDER BY policyname) FROM pg_policies p WHERE tablename = 'active') AS policies, c.relrowsecurity, c.relreplident,
      (SELECT array_agg(pg_get_ruledef(oid)) FROM pg_rewrite WHERE ev_class = c.oid) AS rules,
      (SELECT array_agg(pg_get_statisticsobjdef(oid)) FROM pg_statistic_ext WHERE stxrelid = c.oid) AS statistics
      FROM pg_class c WHERE c.oid = 's.active'::regclass`;
    const before: unknown = (await site.reader.query(query)).rows;
    await batch(site.client, wide('active'));
    expect((await site.reader.query(query)).rows).toEqual(before);
  });

  it('foreign keys: its own, to itself, and those of other tables that point at it', async () => {
    await sql(`CREATE TABLE s.kinds (kind text PRIMARY KEY); INSERT INTO s.kinds VALUES ('a');
      CREATE TABLE s.parents (id integer PRIMARY KEY, kind text CONSTRAINT own REFERENCES s.kinds, up integer CONSTRAINT itself REFERENCES s.parents);
      CREATE TABLE s.children (parent integer CONSTRAINT points REFERENCES s.parents ON DELETE CASCADE DEFERRABLE);
      INSERT INTO s.parents VALUES (1, 'a', NULL), (2, 'a', 1); INSERT INTO s.children VALUES (2)`);
    const query = `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2`;
    const before: unknown = (await site.reader.query(query)).rows;
    const table = define(
      'parents',
      { id: 'bigint', kind: 'text', up: 'integer', extra: 'text' },
      { primaryKey: ['id'] },
    );
    await batch(
      site.client,
      define('parents', { id: 'integer', kind: 'text', up: 'integer', extra: 'text' }, { primaryKey: ['id'] }),
      [[3, 'a', 2, 'x']],
    );
    expect((await site.reader.query(query)).rows).toEqual(before);
    await expect(batch(site.client, table, [], { deleteFirst: true })).rejects.toMatchObject({ code: '23503' });
    expect(await rowsOf(site.reader, 's.parents')).toHaveLength(3);
  });

  it('everything as it was where a foreign key of another table points at a column that goes', async () => {
    await sql(
      'CREATE TABLE s.target (id integer PRIMARY KEY, code text UNIQUE); CREATE TABLE s.pointer (code text CONSTRAINT to_code REFERENCES s.target (code))',
    );
    const oid = await oidOf(site.reader, 's.target');
    await expect(batch(site.client, define('target', { id: 'integer' }, { primaryKey: ['id'] }))).rejects.toMatchObject(
      {
        code: 'POSTGRES_MIGRATION_BLOCKED',
        message: expect.stringMatching(/"to_code" of table s\.pointer points at "s"\."target"/),
      },
    );
    expect(await oidOf(site.reader, 's.target')).toBe(oid);
  });

  it('its rows where row level security would hide some of them from the role: it is refused', async () => {
    await sql(`CREATE TABLE s.hidden (id integer, kind text); INSERT INTO s.hidden VALUES (1, 'a'), (2, 'b'); ALTER TABLE s.hidden OWNER TO tm_owner;
      ALTER TABLE s.hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY one ON s.hidden USING (id = 1)`);
    await sql('SET ROLE tm_owner');
    await expect(batch(site.client, wide('hidden'))).rejects.toMatchObject({
      code: 'POSTGRES_MIGRATION_BLOCKED',
      message: expect.stringMatching(/hides rows/),
    });
    await sql('RESET ROLE');
    expect(await rowsOf(site.reader, 's.hidden')).toHaveLength(2);
  });

  it('its place where the role is not its owner: the error says whose it is', async () => {
    await sql(
      'CREATE TABLE s.foreign_owned (id integer); GRANT ALL ON s.foreign_owned TO tm_one; GRANT USAGE, CREATE ON SCHEMA s TO tm_one; SET ROLE tm_one',
    );
    await expect(batch(site.client, wide('foreign_owned'))).rejects.toMatchObject({
      code: 'POSTGRES_MIGRATION_BLOCKED',
      message: expect.stringMatching(/belongs to role/),
    });
    // As it is, it can be written to all the same.
    const prepared = await batch(site.client, define('foreign_owned', { id: 'integer' }), [[1]]);
    expect(prepared.isReplacement).toBe(false);
    await sql('RESET ROLE');
  });

  it('its place where a view on it belongs to a role whose rights the loader does not have: the error names both', async () => {
    await sql(`CREATE TABLE s.seen (id integer); ALTER TABLE s.seen OWNER TO tm_owner; GRANT SELECT ON s.seen TO tm_two;
      CREATE VIEW s.seen_view AS SELECT * FROM s.seen; ALTER VIEW s.seen_view OWNER TO tm_two; SET ROLE tm_owner`);
    await expect(batch(site.client, wide('seen'))).rejects.toMatchObject({
      code: 'POSTGRES_MIGRATION_BLOCKED',
      message: expect.stringMatching(/View "s"."seen_view" on "s"."seen" belongs to role "tm_two"/),
    });
    await sql('RESET ROLE');
  });

  it('its rows where its owner may not be given the new table: the role that loads becomes the owner, and the plan says so', async () => {
    await sql(`CREATE SCHEMA loaders AUTHORIZATION tm_one; CREATE TABLE loaders.given (id serial, kind text); INSERT INTO loaders.given (kind) VALUES ('a');
      ALTER TABLE loaders.given OWNER TO tm_owner; GRANT SELECT ON loaders.given TO PUBLIC; GRANT USAGE ON SCHEMA loaders TO tm_owner;
      GRANT tm_owner TO tm_one; SET ROLE tm_one`);
    const table = { ...wide('given'), schema: 'loaders' };
    await batch(site.client, table, [[5, 'b', 'x']]);
    await sql('RESET ROLE');
    expect(await valueOf(site.reader, `SELECT tableowner::text FROM pg_tables WHERE tablename = 'given'`)).toBe(
      'tm_one',
    );
    expect(await rowsOf(site.reader, table)).toHaveLength(2);
    expect(await valueOf(site.reader, `SELECT has_table_privilege('tm_two', 'loaders.given', 'SELECT')`)).toBe(true);
    await sql('REVOKE tm_owner FROM tm_one');
  });

  it('its place where it is a partition, or partitioned', async () => {
    await sql(
      `CREATE TABLE s.parts (id integer, kind text) PARTITION BY LIST (id); CREATE TABLE s.part_1 PARTITION OF s.parts FOR VALUES IN (1)`,
    );
    for (const name of ['parts', 'part_1'])
      await expect(batch(site.client, wide(name))).rejects.toMatchObject({
        code: 'POSTGRES_MIGRATION_BLOCKED',
        message: expect.stringMatching(/partition/),
      });
    await batch(site.client, define('parts', { id: 'integer', kind: 'text' }), [[1, 'a']]);
    expect(await rowsOf(site.reader, 's.part_1')).toEqual([[1, 'a']]);
  });
});
