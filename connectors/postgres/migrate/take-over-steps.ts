import { quoteName, quoteTable, type QualifiedName } from '../quote.js';
import { grantStatements } from './grants.js';
import { steadyColumns } from './losses.js';
import type { LiveTable } from './read-shape.js';
import type { TableShape } from './shape.js';
import type { Step } from './steps.js';
import { lockViews, refreshViews, releaseViews, restoreViews } from './view-steps.js';

/** How a new table takes the live one's place. */
export interface TakeOverSteps {
  /** Takes all exclusive locks: done as one, and again when somebody is in the way. */
  lock: Step[];
  /** Frees the name of the table from all that hangs on it, and drops it. */
  take: Step[];
  /** Gives the new table the name, and all that hangs on it. */
  settle: Step[];
  /** Fills materialized views, with the caller's search path and each view's owner's rights. */
  refresh: Step[];
}

/** Pure. `live` as it is at that moment: views may have come and gone while the rows were loaded. */
export function takeOverSteps(live: LiveTable, wanted: TableShape, at: QualifiedName): TakeOverSteps {
  const table = quoteTable(live);
  const steady = steadyColumns(live, wanted);
  const own = live.constraints.filter(
    ({ isToItself, columns }) => isToItself && columns.every((column) => steady.has(column)),
  );
  return {
    lock: [
      ...lockViews(live.dependents),
      ...live.incoming.map(({ table: other }) => lockTable(other)),
      lockTable(table),
    ],
    take: [
      ...giveToOwner(live, at),
      ...keepSequences(live, at, steady),
      ...live.incoming.map(({ table: other, name }) => ({
        what: `set foreign key "${name}" of ${other} aside`,
        sql: `ALTER TABLE ${other} DROP CONSTRAINT ${quoteName(name)}`,
      })),
      ...releaseViews(live.dependents),
      // RESTRICT: what nobody knew to depend on it is an error, not lost.
      { what: `drop the old table ${table}`, sql: `DROP TABLE ${table} RESTRICT` },
    ],
    settle: [
      {
        what: `put the new table in its place`,
        sql: `ALTER TABLE ${quoteTable(at)} RENAME TO ${quoteName(live.name)}`,
      },
      ...grants(live, wanted),
      ...own.map(({ name, definition }) => ({
        what: `foreign key "${name}"`,
        sql: `ALTER TABLE ${table} ADD CONSTRAINT ${quoteName(name)} ${definition}`,
      })),
      ...live.incoming.map(({ table: other, name, definition }) => ({
        what: `foreign key "${name}" of ${other}`,
        sql: `ALTER TABLE ${other} ADD CONSTRAINT ${quoteName(name)} ${definition}`,
      })),
      ...live.restorables.flatMap(({ kind, name, statements }) =>
        statements.map((sql) => ({ what: `${kind} "${name}"`, sql })),
      ),
      ...security(live),
      ...restoreViews(live.dependents),
    ],
    refresh: refreshViews(live.dependents),
  };
}

function giveToOwner({ owner, currentRole, mayKeepOwner }: LiveTable, at: QualifiedName): Step[] {
  if (!mayKeepOwner || owner === currentRole) return [];
  return [{ what: `owner "${owner}"`, sql: `ALTER TABLE ${quoteTable(at)} OWNER TO ${quoteName(owner)}` }];
}

/** A sequence that goes with its column (`serial`) moves to the new one: it may only where both have one owner. */
function keepSequences(live: LiveTable, at: QualifiedName, steady: ReadonlySet<string>): Step[] {
  const sameOwner = live.mayKeepOwner || live.owner === live.currentRole;
  return live.columns.flatMap(({ name, ownedSequence, defaultExpression }) =>
    ownedSequence === null || defaultExpression === null || !steady.has(name)
      ? []
      : [
          {
            what: `sequence of column "${name}"`,
            sql: `ALTER SEQUENCE ${ownedSequence} OWNED BY ${sameOwner ? `${quoteTable(at)}.${quoteName(name)}` : 'NONE'}`,
          },
        ],
  );
}

function grants(live: LiveTable, wanted: TableShape): Step[] {
  const { owner, currentRole, mayKeepOwner } = live;
  const statements = grantStatements(
    quoteTable(live),
    {
      grants: live.grants,
      isDefault: live.hasDefaultGrants,
      defaultGrantees: live.defaultGrantees,
      owner: mayKeepOwner ? owner : currentRole,
    },
    new Set(wanted.columns.map(({ name }) => name)),
  );
  return statements.map((sql) => ({ what: 'grants', sql }));
}

function security(live: LiveTable): Step[] {
  const alter = `ALTER TABLE ${quoteTable(live)}`;
  return [
    ...(live.rowSecurity ? [{ what: 'row level security', sql: `${alter} ENABLE ROW LEVEL SECURITY` }] : []),
    ...(live.forcesRowSecurity ? [{ what: 'row level security', sql: `${alter} FORCE ROW LEVEL SECURITY` }] : []),
    ...(live.replicaIdentity === 'full' || live.replicaIdentity === 'nothing'
      ? [{ what: 'replica identity', sql: `${alter} REPLICA IDENTITY ${live.replicaIdentity.toUpperCase()}` }]
      : []),
  ];
}

function lockTable(table: string): Step {
  return { what: `wait until nobody uses ${table}`, sql: `LOCK TABLE ONLY ${table} IN ACCESS EXCLUSIVE MODE` };
}
