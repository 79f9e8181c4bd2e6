import { describe, expect, it } from '@jest/globals';
import { narrowing } from '../connectors/postgres/migrate/narrowing.js';
import { neatNames, objectName } from '../connectors/postgres/migrate/neat-names.js';
import { describePlan, planMigration, type LiveTable, type WantedTable } from '../connectors/postgres/migrate/index.js';
import { waitFor } from '../connectors/postgres/migrate/take-locks.js';
import { inReadingOrder } from '../connectors/postgres/migrate/view-order.js';

const wanted: WantedTable = {
  schema: 's',
  name: 't',
  columns: [
    { name: 'id', type: 'integer', notNull: true },
    { name: 'name', type: 'text', notNull: false },
  ],
  primaryKey: ['id'],
  indexes: [{ unique: false, definition: 'btree (name)', isConstraint: false }],
  comments: { columns: new Map() },
};

function live(more: Partial<LiveTable> = {}): LiveTable {
  return {
    ...wanted,
    oid: '1',
    kind: 'r',
    columns: wanted.columns.map((column) => ({
      ...column,
      comment: null,
      collation: null,
      defaultExpression: null,
      identity: null,
      generated: null,
      settings: [],
      ownedSequence: null,
    })),
    primaryKey: ['id'],
    indexes: [{ unique: false, definition: 'btree (name)', isConstraint: false, name: 'any', columns: ['name'] }],
    primaryKeyName: 'whatever',
    primaryKeyDeferrable: false,
    comment: null,
    estimatedRows: 1_234,
    mayRead: true,
    hasRows: true,
    owner: 'me',
    currentRole: 'me',
    isOwned: true,
    mayKeepOwner: true,
    isUnlogged: false,
    options: [],
    tablespace: null,
    isPartOfTree: false,
    rowSecurity: false,
    forcesRowSecurity: false,
    hidesRows: false,
    replicaIdentity: 'default',
    grants: [],
    hasDefaultGrants: true,
    defaultGrantees: [],
    constraints: [],
    incoming: [],
    restorables: [],
    publications: [],
    dependents: { views: [], rules: [], others: [] },
    ...more,
  };
}

const keep = { deleteFirst: false };

describe('the plan of a migration', () => {
  it('creates a table that is not there', () => {
    const plan = planMigration(undefined, wanted, keep);
    expect(plan).toMatchObject({ action: 'create', changes: [], losses: [], blockers: [] });
    expect(describePlan(plan)[0]).toBe('"s"."t": is created');
  });

  it('keeps a table that is as wanted: no step, whatever its indexes are called', () => {
    const plan = planMigration(live(), wanted, keep);
    expect(plan).toMatchObject({ action: 'keep', changes: [], losses: [] });
    expect(Object.values(plan.steps).flat()).toEqual([]);
    expect(describePlan(plan)).toEqual(['"s"."t": is as it is wanted']);
  });

  it('replaces a table whose rows are to go, and says first that they do', () => {
    const plan = planMigration(live(), wanted, { deleteFirst: true });
    expect(plan).toMatchObject({ action: 'replace', changes: [], keepsRows: false });
    expect(describePlan(plan)[0]).toBe('! lost: all rows (about 1234)');
  });

  const columns = (...shapes: [string, string, boolean][]) => ({
    ...wanted,
    columns: shapes.map(([name, type, notNull]) => ({ name, type, notNull })),
  });
  it.each([
    [
      'a new column',
      columns(['id', 'integer', true], ['name', 'text', false], ['x', 'date', false]),
      ['+ column "x" date'],
    ],
    ['a column less', columns(['id', 'integer', true]), ['- column "name" text']],
    [
      'another type',
      columns(['id', 'bigint', true], ['name', 'text', false]),
      ['~ column "id": integer becomes bigint'],
    ],
    [
      'another nullability',
      columns(['id', 'integer', true], ['name', 'text', true]),
      ['~ column "name": must not be null'],
    ],
    [
      'another order',
      columns(['name', 'text', false], ['id', 'integer', true]),
      ['~ order of columns: id, name becomes name, id'],
    ],
    ['no key', { ...wanted, primaryKey: [] }, ['~ primary key: (id) becomes none']],
    ['another order of the key', { ...wanted, primaryKey: ['id', 'name'] }, ['~ primary key: (id) becomes (id, name)']],
    ['no index', { ...wanted, indexes: [] }, ['- index btree (name)']],
    [
      'a unique index instead',
      { ...wanted, indexes: [{ unique: true, definition: 'btree (name)', isConstraint: false }] },
      ['- index btree (name)', '+ index unique btree (name)'],
    ],
    ['the same index twice', { ...wanted, indexes: [...wanted.indexes, ...wanted.indexes] }, ['+ index btree (name)']],
  ] as const)('replaces a table that differs by %s, and says so', (_, other, said) => {
    const plan = planMigration(live(), other, keep);
    expect(plan.action).toBe('replace');
    expect(describePlan(plan).filter((line) => /^ {2}[-+~]/.test(line))).toEqual(said.map((line) => `  ${line}`));
  });

  it('holds a unique index to be the same whether a constraint made it or not', () => {
    const index = { unique: true, definition: 'btree (name)' };
    const there = live({ indexes: [{ ...index, isConstraint: true, name: 'k', columns: ['name'] }] });
    expect(planMigration(there, { ...wanted, indexes: [{ ...index, isConstraint: false }] }, keep).action).toBe('keep');
  });

  it('replaces a table whose key is deferrable, which cannot settle conflicts', () => {
    expect(planMigration(live({ primaryKeyDeferrable: true }), wanted, keep).changes).toMatchObject([
      { kind: 'primary-key' },
    ]);
  });

  it('says what would be lost before anything else', () => {
    const there = live({
      owner: 'them',
      mayKeepOwner: false,
      publications: ['feed'],
      restorables: [{ kind: 'trigger', name: 'marks', statements: ['CREATE TRIGGER ...'] }],
      constraints: [{ name: 'short', kind: 'check', columns: ['name'], definition: 'CHECK (true)', isToItself: false }],
    });
    const lines = describePlan(planMigration(there, columns(['id', 'smallint', true]), keep));
    expect(lines.slice(0, 6)).toEqual([
      expect.stringMatching(
        /^! lost: nothing, but a value of column "id" that does not fit from integer into smallint/,
      ),
      '! lost: the values of column "name" (text)',
      '! lost: the owner "them": it becomes "me"',
      expect.stringMatching(/^! lost: check "short"/),
      expect.stringMatching(/^! lost: trigger "marks" for the rows of this batch/),
      expect.stringMatching(/^! lost: membership in publication "feed"/),
    ]);
  });

  it('loses nothing of a column that goes when there is no row', () => {
    expect(planMigration(live({ hasRows: false }), columns(['id', 'integer', true]), keep).losses).toEqual([]);
  });

  it('takes the exclusive locks in one stage, after all that takes long', () => {
    const { steps } = planMigration(live(), { ...wanted, primaryKey: [] }, { ...keep, temporary: '_tmp_1' });
    expect(steps.begin.map(({ sql }) => sql)).toEqual([
      'LOCK TABLE "s"."t" IN SHARE ROW EXCLUSIVE MODE',
      'CREATE TABLE "s"."_tmp_1" ("id" integer NOT NULL, "name" text)',
      'INSERT INTO "s"."_tmp_1" ("id", "name") SELECT "id", "name" FROM "s"."t"',
    ]);
    expect(steps.finish.map(({ sql }) => sql)).toEqual(['CREATE INDEX ON "s"."_tmp_1" USING btree (name)']);
    expect(steps.lock.map(({ sql }) => sql)).toEqual(['LOCK TABLE ONLY "s"."t" IN ACCESS EXCLUSIVE MODE']);
    expect(steps.take.map(({ sql }) => sql)).toEqual(['DROP TABLE "s"."t" RESTRICT']);
    expect(steps.settle[0]?.sql).toBe('ALTER TABLE "s"."_tmp_1" RENAME TO "t"');
  });
});

describe('a change of type', () => {
  it.each([
    ['integer', 'bigint', undefined],
    ['bigint', 'integer', 'may-fail'],
    ['numeric', 'numeric(10,2)', 'may-lose'],
    ['numeric(10,2)', 'numeric', undefined],
    ['numeric(10,2)', 'numeric(12,2)', undefined],
    ['numeric(10,2)', 'numeric(10,4)', 'may-fail'],
    ['numeric(10,2)', 'numeric(10,1)', 'may-lose'],
    ['numeric(10,2)', 'integer', 'may-lose'],
    ['numeric', 'double precision', 'may-lose'],
    ['double precision', 'real', 'may-lose'],
    ['real', 'double precision', undefined],
    ['character varying(10)', 'text', undefined],
    ['text', 'character varying(10)', 'may-fail'],
    ['character varying(10)', 'character varying(20)', undefined],
    ['character varying(20)', 'character varying(10)', 'may-fail'],
    ['integer', 'character varying(3)', 'may-fail'],
    ['timestamp without time zone', 'date', 'may-lose'],
    ['timestamp with time zone', 'timestamp without time zone', 'may-lose'],
    ['timestamp without time zone', 'timestamp(3) without time zone', 'may-lose'],
    ['timestamp(3) without time zone', 'timestamp without time zone', undefined],
    ['date', 'timestamp without time zone', undefined],
    ['boolean', 'text', undefined],
  ] as const)('from %s to %s: %s', (from, to, effect) => {
    expect(narrowing(from, to)).toBe(effect);
  });
});

describe('views', () => {
  const order = (graph: Record<string, string[]>) =>
    inReadingOrder(Object.entries(graph).map(([oid, reads]) => ({ oid, reads }))).map(({ oid }) => oid);

  it('come after all that they read, by the longest path', () => {
    expect(order({ d: ['a', 'c'], c: ['b'], b: ['a', 'table'], a: ['table'] })).toEqual(['a', 'b', 'c', 'd']);
  });

  it('come once each where they are a cycle, or read themselves', () => {
    expect(order({ a: ['c'], b: ['a', 'b'], c: ['b'], d: ['b'] }).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(order({ a: ['c'], b: ['a'], c: ['b'], d: ['b'] }).at(-1)).toBe('d');
  });

  it('may be a chain of any length', () => {
    const chain = Object.fromEntries(Array.from({ length: 50_000 }, (_, place) => [`v${place + 1}`, [`v${place}`]]));
    expect(order(chain).at(-1)).toBe('v50000');
  });
});

describe('a wait for locks', () => {
  it('of one table is longer each time', () => {
    const waits = [0, 1_000, 10_000, 100_000].map((elapsed) => waitFor(elapsed, 1, 0.5));
    expect(waits).toEqual([200, 250, 2_500, 25_000]);
  });

  it('of a table and its views stays below the second after which PostgreSQL looks for deadlocks, for the first minute', () => {
    for (const locks of [2, 3, 10])
      for (const elapsed of [0, 500, 1_000, 30_000, 59_999])
        expect(waitFor(elapsed, locks, 1) * locks).toBeLessThanOrEqual(600);
    expect(waitFor(120_000, 3, 0)).toBe(2_400);
  });
});

describe('a name that PostgreSQL would give', () => {
  it.each([
    ['t', 'a', 'idx', 't_a_idx'],
    ['t', '', 'pkey', 't_pkey'],
    ['t'.repeat(63), '', 'pkey', `${'t'.repeat(58)}_pkey`],
    ['t'.repeat(63), 'c'.repeat(63), 'idx', `${'t'.repeat(29)}_${'c'.repeat(29)}_idx`],
    ['é'.repeat(31), '', 'pkey', `${'é'.repeat(29)}_pkey`],
  ])('for %s, %s and %s fits', (table, columns, label, name) => {
    expect(objectName(table, columns, label)).toBe(name);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  it('is numbered where it is taken, and is the old one where the index is the same', () => {
    const index = (name: string, columns: string[]) => ({
      name,
      kind: 'index' as const,
      columns,
      text: `btree (${columns.join(', ')})`,
    });
    const before = {
      primaryKeyName: '_tmp_0123456789abcdef_pkey',
      indexes: [{ name: 'mine', unique: false, definition: 'btree (b)', isConstraint: false, columns: ['b'] }],
    };
    const key = { name: '_tmp_x_pkey', kind: 'primary-key' as const, columns: ['a'], text: null };
    const names = neatNames(
      [key, index('1', ['b']), index('2', ['b']), index('3', ['b'])],
      't',
      before,
      new Set(['t_b_idx', 't_pkey']),
    );
    expect(names.map(({ to }) => to)).toEqual(['t_pkey1', 'mine', 't_b_idx1', 't_b_idx2']);
  });
});
