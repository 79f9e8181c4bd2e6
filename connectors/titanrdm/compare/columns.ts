import type { Column, ImportMapping } from '../schema.js';
import { targetsOf } from '../upload-rules.js';
import { keyNotInExport, noComparison } from './refusals.js';

/** A column that a file and the table have in common. */
export interface ComparedColumn {
  /** Its name in the file. */
  source: string;
  /** Its name in the table. */
  target: string;
  isKey: boolean;
  /** Of the deployed definition. */
  dataType: string;
}

export interface ComparedTableShape {
  /** Names the table in errors. */
  table: string;
  /** Live columns of the deployed definition. */
  columns: readonly Column[];
  mapping?: ImportMapping | undefined;
}

/**
 * The columns of a file that are compared with the table's, in the file's order: what the mapping knows. Columns that the file lacks are not
 * compared: an incremental import leaves them as they are. Error `NO_COMPARISON` where it is not known which record a row means.
 */
export function comparedColumns(
  { table, columns, mapping }: ComparedTableShape,
  header: readonly string[],
): ComparedColumn[] {
  const targets = targetsOf(mapping, columns);
  if (targets === undefined) {
    const reason =
      columns.length === 0
        ? 'TitanRDM did not say which columns it has'
        : 'its import mapping has a form that Tidemark does not know';
    throw noComparison(table, reason);
  }
  const keys = new Set(columns.filter((column) => column.is_primary_key).map(({ name }) => name));
  const types = new Map(columns.map(({ name, data_type: type }) => [name, type ?? 'varchar']));
  const compared = header.flatMap((source): ComparedColumn[] => {
    const target = targets.get(source);
    return target === undefined
      ? []
      : [{ source, target, isKey: keys.has(target), dataType: types.get(target) ?? 'varchar' }];
  });
  if (keys.size === 0) throw noComparison(table, 'it has no primary key');
  const missing = [...keys].filter((key) => !compared.some(({ target }) => target === key));
  if (missing.length > 0)
    throw noComparison(table, `the import mapping leaves out key columns (${missing.join(', ')})`);
  return compared;
}

/** Where the compared columns are in the file of an export. A server may spell their names in letters of another case. */
export function placesInExport(
  table: string,
  compared: readonly ComparedColumn[],
  header: readonly string[],
): number[] {
  return compared.map(({ target }) => {
    const exact = header.indexOf(target);
    if (exact >= 0) return exact;
    const near = header.flatMap((name, index) => (name.toLowerCase() === target.toLowerCase() ? [index] : []));
    const [place] = near;
    if (place === undefined || near.length > 1) throw keyNotInExport(table, target);
    return place;
  });
}
