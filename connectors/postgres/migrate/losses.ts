import { narrowing } from './narrowing.js';
import type { LiveTable } from './read-shape.js';
import type { LiveColumn, TableShape } from './shape.js';

/** What a replacement would take away for good, or change in a value. */
export type Loss =
  | { kind: 'rows'; estimatedRows: number | null }
  | { kind: 'column'; column: string; type: string }
  /** Values are rounded or cut without a word (`may-lose`), or the whole batch is refused when one does not fit (`may-fail`). */
  | { kind: 'narrowing'; column: string; from: string; to: string; effect: 'may-lose' | 'may-fail' }
  | { kind: 'owner'; from: string; to: string }
  /** Something that belongs to the table. `why` where it is not because its column goes or changes its type. */
  | { kind: 'belonging'; what: string; why: string };

/** Pure. Empty when a replacement keeps everything. */
export function lossesOf(live: LiveTable, wanted: TableShape, { deleteFirst }: { deleteFirst: boolean }): Loss[] {
  const after = new Map(wanted.columns.map((column) => [column.name, column]));
  const losses: Loss[] = [];
  if (deleteFirst && live.hasRows) losses.push({ kind: 'rows', estimatedRows: live.estimatedRows });
  for (const { name, type } of live.columns) {
    const to = after.get(name)?.type;
    if (deleteFirst || !live.hasRows) continue;
    if (to === undefined) losses.push({ kind: 'column', column: name, type });
    else if (to !== type) {
      const effect = narrowing(type, to);
      if (effect !== undefined) losses.push({ kind: 'narrowing', column: name, from: type, to, effect });
    }
  }
  if (!live.mayKeepOwner && live.owner !== live.currentRole)
    losses.push({ kind: 'owner', from: live.owner, to: live.currentRole });
  return [...losses, ...belongingLosses(live, wanted)];
}

/** Columns that are there before and after with the same type: what hangs on them can be kept. */
export function steadyColumns(live: LiveTable, wanted: TableShape): Set<string> {
  const types = new Map(wanted.columns.map(({ name, type }) => [name, type]));
  return new Set(live.columns.filter(({ name, type }) => types.get(name) === type).map(({ name }) => name));
}

/** An identity wants a column that is not nullable. */
export function keepsIdentity(column: LiveColumn, steady: ReadonlySet<string>, wanted: TableShape): boolean {
  return steady.has(column.name) && wanted.columns.some(({ name, notNull }) => name === column.name && notNull);
}

function belongingLosses(live: LiveTable, wanted: TableShape): Loss[] {
  const steady = steadyColumns(live, wanted);
  const lost = (what: string, why = 'a column that it needs goes or changes its type'): Loss => ({
    kind: 'belonging',
    what,
    why,
  });
  return [
    ...live.columns.flatMap((column) => {
      const { name, defaultExpression, generated, identity } = column;
      const stays = wanted.columns.some((other) => other.name === name);
      if (!stays) return [];
      if (generated !== null)
        return [lost(`expression of generated column "${name}"`, 'rows bring the values of every declared column')];
      if (identity !== null && !keepsIdentity(column, steady, wanted))
        return [lost(`identity of column "${name}"`, 'the column changes its type or becomes nullable')];
      return defaultExpression !== null && !steady.has(name)
        ? [lost(`default of column "${name}"`, 'the column changes its type')]
        : [];
    }),
    ...live.constraints
      .filter(({ columns }) => !columns.every((column) => steady.has(column)))
      .map(({ name, kind }) => lost(`${kind.replace('-', ' ')} "${name}"`)),
    ...live.restorables
      .filter(({ kind }) => kind === 'trigger')
      .map(({ name }) =>
        lost(`trigger "${name}" for the rows of this batch`, 'it is kept, but made after they are loaded'),
      ),
    ...(live.replicaIdentity === 'index'
      ? [
          lost(
            'replica identity by index',
            'the index is made anew: set it again with ALTER TABLE ... REPLICA IDENTITY',
          ),
        ]
      : []),
    ...live.publications.map((name) =>
      lost(`membership in publication "${name}"`, 'add the table again with ALTER PUBLICATION ... ADD TABLE'),
    ),
  ];
}
