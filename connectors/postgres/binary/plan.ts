import { identifier } from '../../tables/duck.js';
import type { ColumnType } from '../encode/column-types.js';
import { chooseField } from './choose-field.js';
import type { DuckColumn } from './duck-query.js';
import type { Field } from './field.js';

/** How a query's rows become binary COPY. */
export interface BinaryPlan {
  /** The query, with the casts that the binary format needs. */
  sql: string;
  /** For COPY's list of columns, in the order of the bytes. */
  columns: readonly string[];
  createFields: () => Field[];
}

/**
 * Plans binary COPY of a query whose columns are `found` (each one among `columns`, see `matchColumns`). Undefined when there is a
 * column whose values have no exact way into the binary format.
 */
export function planBinary(
  query: string,
  columns: readonly ColumnType[],
  found: readonly DuckColumn[],
): BinaryPlan | undefined {
  const choices = found.map(({ name, type }) => {
    const target = columns.find((column) => column.name === name);
    return target === undefined ? undefined : chooseField(target, type);
  });
  if (!choices.every((choice) => choice !== undefined)) return undefined;
  const casts = choices.flatMap(({ cast }, index) => {
    const name = identifier(found[index]?.name ?? '');
    return cast === undefined ? [] : [`CAST(${name} AS ${cast}) AS ${name}`];
  });
  return {
    sql: casts.length === 0 ? query : `SELECT * REPLACE (${casts.join(', ')}) FROM (\n${withoutEnd(query)}\n)`,
    columns: found.map(({ name }) => name),
    createFields: () => choices.map(({ create }) => create()),
  };
}

/** A query's last semicolon may not stand within parentheses. */
export function withoutEnd(query: string): string {
  return query.replace(/;\s*$/, '');
}
