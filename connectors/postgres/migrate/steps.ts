import { quoteName, quoteTable, quoteText, type QualifiedName } from '../quote.js';
import type { DependentView } from './read-dependents.js';
import type { ColumnShape, TableShape, WantedTable } from './shape.js';

/** One statement of a migration, with what it is for in words. */
export interface Step {
  /** In words, for people: no SQL. */
  what: string;
  sql: string;
  /** The view that is made again: named when the server refuses it. */
  view?: DependentView;
}

/** As the catalogue says it: `"a" text COLLATE pg_catalog."C" NOT NULL`. */
export function columnText({ name, type, notNull }: ColumnShape, collation: string | null = null): string {
  return `${quoteName(name)} ${type}${collation === null ? '' : ` COLLATE ${collation}`}${notNull ? ' NOT NULL' : ''}`;
}

export function createTable(at: QualifiedName, columns: readonly ColumnShape[]): Step {
  return {
    what: `create table ${quoteTable(at)}`,
    sql: `CREATE TABLE ${quoteTable(at)} (${columns.map((column) => columnText(column)).join(', ')})`,
  };
}

/** Primary key and unique constraints. PostgreSQL names them after the table. */
export function addKeys(at: QualifiedName, { primaryKey, indexes }: TableShape): Step[] {
  const key: Step[] =
    primaryKey.length === 0
      ? []
      : [
          {
            what: `primary key (${primaryKey.join(', ')})`,
            sql: `ALTER TABLE ${quoteTable(at)} ADD PRIMARY KEY (${quoteNames(primaryKey)})`,
          },
        ];
  const uniques = indexes.filter(({ isConstraint }) => isConstraint);
  return [
    ...key,
    ...uniques.map(({ definition }) => ({
      what: `unique ${definition}`,
      // Of a column's own constraint: btree, its name, nothing else.
      sql: `ALTER TABLE ${quoteTable(at)} ADD UNIQUE ${definition.slice('btree '.length)}`,
    })),
  ];
}

/** Indexes that no constraint makes. */
export function addIndexes(at: QualifiedName, { indexes }: TableShape): Step[] {
  return indexes
    .filter(({ isConstraint }) => !isConstraint)
    .map(({ unique, definition }) => ({
      what: `${unique ? 'unique ' : ''}index ${definition}`,
      sql: `CREATE${unique ? ' UNIQUE' : ''} INDEX ON ${quoteTable(at)} USING ${definition}`,
    }));
}

export function commentSteps(at: QualifiedName, { table, columns }: WantedTable['comments']): Step[] {
  return [
    ...(table === undefined
      ? []
      : [{ what: 'comment of the table', sql: `COMMENT ON TABLE ${quoteTable(at)} IS ${quoteText(table)}` }]),
    ...[...columns].map(([column, comment]) => ({
      what: `comment of column "${column}"`,
      sql: `COMMENT ON COLUMN ${quoteTable(at)}.${quoteName(column)} IS ${quoteText(comment)}`,
    })),
  ];
}

/** Rows that somebody else wrote after the copy would go with the old table. */
export function keepWritersOut(table: QualifiedName): Step {
  return {
    what: `keep writers out of ${quoteTable(table)} (readers go on)`,
    sql: `LOCK TABLE ${quoteTable(table)} IN SHARE ROW EXCLUSIVE MODE`,
  };
}

/** All rows, column by column of the same name; what is new is null. Types are cast as an assignment casts them. */
export function copyRows(from: QualifiedName, to: QualifiedName, columns: readonly string[]): Step {
  const list = quoteNames(columns);
  return {
    what: `copy the rows of ${quoteTable(from)} (${columns.join(', ')})`,
    // Without a column in common there is still one row for each: INSERT without columns takes SELECT without columns.
    sql: `INSERT INTO ${quoteTable(to)} ${columns.length === 0 ? '' : `(${list}) `}SELECT ${list} FROM ${quoteTable(from)}`,
  };
}

export function quoteNames(names: readonly string[]): string {
  return names.map((name) => quoteName(name)).join(', ');
}
