import { quoteTable } from '../quote.js';
import type { LiveTable } from './read-shape.js';
import type { TableShape } from './shape.js';

/** A reason why a table cannot be replaced, found before anything is touched. */
export interface Blocker {
  code: 'POSTGRES_NOT_A_TABLE' | 'POSTGRES_VIEW_USES_COLUMN' | 'POSTGRES_MIGRATION_BLOCKED';
  message: string;
  mend: string;
}

/** Pure. What the server would refuse anyway, but late, after the rows were loaded, and in words that name no cause. */
export function blockersOf(live: LiveTable, wanted: TableShape, { deleteFirst }: { deleteFirst: boolean }): Blocker[] {
  return [...standing(live), ...columns(live, wanted, deleteFirst), ...dependents(live, wanted)];
}

/** Pure. A relation that no rows can be loaded into as into a table. */
export function notATable({ kind, schema, name }: LiveTable): Blocker | undefined {
  if (kind === 'r' || kind === 'p') return undefined;
  return {
    code: 'POSTGRES_NOT_A_TABLE',
    message: `${quoteTable({ schema, name })} is ${KINDS[kind] ?? 'no table'}.`,
    mend: 'Give the table another name, or remove what has the name now.',
  };
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a composite type',
};

function blocked(message: string, mend: string): Blocker {
  return { code: 'POSTGRES_MIGRATION_BLOCKED', message, mend };
}

function standing(live: LiveTable): Blocker[] {
  const found: Blocker[] = [];
  const table = quoteTable(live);
  if (live.kind === 'p' || live.isPartOfTree)
    found.push(
      blocked(
        `${table} is partitioned, a partition, or in an inheritance tree, and differs from its definition.`,
        'Migrate it by hand until it is as defined, or ingest into a table of its own.',
      ),
    );
  if (!live.isOwned)
    found.push(
      blocked(
        `${table} belongs to role "${live.owner}", whose rights the current role does not have.`,
        'Make the current role a member of that role, or let the owner migrate the table.',
      ),
    );
  return found;
}

function columns(live: LiveTable, wanted: TableShape, deleteFirst: boolean): Blocker[] {
  if (deleteFirst || !live.hasRows) return [];
  const before = new Set(live.columns.map(({ name }) => name));
  const found = wanted.columns
    .filter(({ name, notNull }) => notNull && !before.has(name))
    .map(({ name }) =>
      blocked(
        `Column "${name}" of ${quoteTable(live)} is new and must not be null, but there are rows already.`,
        'Let it be nullable first, and fill it.',
      ),
    );
  if (live.hidesRows)
    found.push(
      blocked(
        `Row level security hides rows of ${quoteTable(live)} from the current role: a copy would lose them.`,
        'Give the role BYPASSRLS, or stop forcing row level security on the table.',
      ),
    );
  return found;
}

function dependents(live: LiveTable, wanted: TableShape): Blocker[] {
  const after = new Set(wanted.columns.map(({ name }) => name));
  const { views, others } = live.dependents;
  return [
    ...views.flatMap((view) =>
      view.readsColumns
        .filter((column) => !after.has(column))
        .map((column): Blocker => {
          return {
            code: 'POSTGRES_VIEW_USES_COLUMN',
            message: `View ${quoteTable(view)} uses column "${column}" of ${quoteTable(live)}, which the definition no longer has.`,
            mend: 'Drop or change the view first, or keep the column. Nothing was changed.',
          };
        }),
    ),
    ...views
      .filter(({ isOwned }) => !isOwned)
      .map((view) =>
        blocked(
          `View ${quoteTable(view)} on ${quoteTable(live)} belongs to role "${view.owner}", whose rights the current role does not have.`,
          'Make the current role a member of that role.',
        ),
      ),
    ...live.incoming
      .filter(({ mayAlter, columns: used }) => !mayAlter || !used.every((column) => after.has(column)))
      .map(({ table, name, mayAlter }) =>
        blocked(
          `Foreign key "${name}" of table ${table} points at ${quoteTable(live)} and cannot be made again: ${
            mayAlter ? 'a column that it points at goes' : 'the current role has no right to change that table'
          }.`,
          'Drop it before, and add it again afterwards.',
        ),
      ),
    ...others.map(({ what, on }) =>
      blocked(`${what} depends on ${on}, which has to be replaced.`, 'Drop it before, and make it again afterwards.'),
    ),
  ];
}
