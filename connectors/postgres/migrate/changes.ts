import type { ColumnShape, IndexShape, TableShape } from './shape.js';

/** One difference between the live and the wanted table. Any of them is a reason to replace the table. */
export type Change =
  | { kind: 'column-added'; column: string; type: string; notNull: boolean }
  | { kind: 'column-dropped'; column: string; type: string }
  | { kind: 'column-retyped'; column: string; from: string; to: string }
  | { kind: 'column-nullability'; column: string; notNull: boolean }
  | { kind: 'columns-moved'; from: readonly string[]; to: readonly string[] }
  | { kind: 'primary-key'; from: readonly string[]; to: readonly string[] }
  | { kind: 'index-added'; index: string }
  | { kind: 'index-removed'; index: string };

/** Pure. Empty when the live table is what is wanted; names of indexes and constraints do not matter. */
export function changesBetween(live: TableShape, wanted: TableShape): Change[] {
  return [...columnChanges(live.columns, wanted.columns), ...keyChanges(live, wanted), ...indexChanges(live, wanted)];
}

function columnChanges(live: readonly ColumnShape[], wanted: readonly ColumnShape[]): Change[] {
  const before = new Map(live.map((column) => [column.name, column]));
  const after = new Set(wanted.map(({ name }) => name));
  const changes: Change[] = live
    .filter(({ name }) => !after.has(name))
    .map(({ name, type }) => ({ kind: 'column-dropped', column: name, type }));
  for (const { name, type, notNull } of wanted) {
    const was = before.get(name);
    if (was === undefined) changes.push({ kind: 'column-added', column: name, type, notNull });
    else {
      if (was.type !== type) changes.push({ kind: 'column-retyped', column: name, from: was.type, to: type });
      if (was.notNull !== notNull) changes.push({ kind: 'column-nullability', column: name, notNull });
    }
  }
  const from = live.map(({ name }) => name).filter((name) => after.has(name));
  const to = wanted.map(({ name }) => name).filter((name) => before.has(name));
  if (!sameList(from, to)) changes.push({ kind: 'columns-moved', from, to });
  return changes;
}

function keyChanges(live: TableShape, wanted: TableShape): Change[] {
  return sameList(live.primaryKey, wanted.primaryKey)
    ? []
    : [{ kind: 'primary-key', from: live.primaryKey, to: wanted.primaryKey }];
}

/** As multisets: two indexes that are alike are two. */
function indexChanges(live: TableShape, wanted: TableShape): Change[] {
  const missing = live.indexes.map((index) => indexText(index));
  const added: string[] = [];
  for (const text of wanted.indexes.map((index) => indexText(index))) {
    const place = missing.indexOf(text);
    if (place < 0) added.push(text);
    else missing.splice(place, 1);
  }
  return [
    ...missing.map((index): Change => ({ kind: 'index-removed', index })),
    ...added.map((index): Change => ({ kind: 'index-added', index })),
  ];
}

/** What makes an index the same as another one. */
export function indexText({ unique, definition }: IndexShape): string {
  return unique ? `unique ${definition}` : definition;
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, place) => name === right[place]);
}
