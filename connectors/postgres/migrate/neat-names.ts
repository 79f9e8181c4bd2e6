import { MAX_IDENTIFIER_BYTES } from '../../../contracts/postgres-table.js';
import type { LiveTable } from './read-shape.js';
import { indexText } from './changes.js';
import { isTemporaryName } from './temporary-name.js';

/** A key, an index, a constraint or a sequence whose name still tells of the temporary table. */
export interface Unnamed {
  name: string;
  kind: 'primary-key' | 'unique' | 'not-null' | 'index' | 'sequence';
  /** Columns, or `expr` for an expression. */
  columns: readonly string[];
  /** Of an index: what it is, to find the name that its like had before. */
  text: string | null;
}

/**
 * Pure. The names that the old table's keys and indexes had, for those that are the same; for others what PostgreSQL would have called
 * them. `taken` are names of relations in the schema that are not free.
 */
export function neatNames(
  unnamed: readonly Unnamed[],
  table: string,
  before: Pick<LiveTable, 'indexes' | 'primaryKeyName'>,
  taken: ReadonlySet<string>,
): { from: string; to: string; kind: Unnamed['kind'] }[] {
  const used = new Set(taken);
  const old = before.indexes.filter(({ name }) => !isTemporaryName(name)).map((index) => ({ ...index }));
  return unnamed.map(({ name, kind, columns, text }) => {
    const like = old.findIndex((index) => text !== null && indexText(index) === text && !used.has(index.name));
    const known = like < 0 ? keyName(kind, before) : old.splice(like, 1)[0]?.name;
    const to =
      known !== undefined && !used.has(known)
        ? known
        : freeName(table, kind === 'primary-key' ? '' : columns.join('_'), LABELS[kind], used);
    used.add(to);
    return { from: name, to, kind };
  });
}

function keyName(kind: Unnamed['kind'], { primaryKeyName }: Pick<LiveTable, 'primaryKeyName'>): string | undefined {
  if (kind !== 'primary-key' || primaryKeyName === null || isTemporaryName(primaryKeyName)) return undefined;
  return primaryKeyName;
}

const LABELS: Readonly<Record<Unnamed['kind'], string>> = {
  'primary-key': 'pkey',
  unique: 'key',
  'not-null': 'not_null',
  index: 'idx',
  sequence: 'seq',
};

function freeName(table: string, columns: string, label: string, used: ReadonlySet<string>): string {
  for (let number = 0; ; number += 1) {
    const name = objectName(table, columns, number === 0 ? label : `${label}${number}`);
    if (!used.has(name)) return name;
  }
}

/** `{table}_{columns}_{label}` in at most 63 bytes; the longer of the first two is cut, never within a character. */
export function objectName(table: string, columns: string, label: string): string {
  // By code points: a cluster of them that a reader sees as one sign may be cut, as PostgreSQL does.
  const first = Array.from(table);
  const second = Array.from(columns);
  const whole = (): string => [first.join(''), ...(columns === '' ? [] : [second.join('')]), label].join('_');
  while (Buffer.byteLength(whole()) > MAX_IDENTIFIER_BYTES) {
    if (Buffer.byteLength(first.join('')) > Buffer.byteLength(second.join(''))) first.pop();
    else second.pop();
  }
  return whole();
}
