import type { QualifiedName } from '../quote.js';

/** A column in the catalogue's own words: what two spellings of one type have in common. */
export interface ColumnShape {
  name: string;
  /** As `format_type` says it: `character varying(10)` for `varchar(10)`, with its schema unless it is in `pg_catalog`. */
  type: string;
  notNull: boolean;
}

/** A column whose type has a collation of its own, a default, ...: kept when the table is replaced, never a reason to replace it. */
export interface LiveColumn extends ColumnShape {
  comment: string | null;
  /** SQL of the collation where it is not the type's own, for instance `pg_catalog."C"`. */
  collation: string | null;
  /** SQL of the default. Null too for a generated column. */
  defaultExpression: string | null;
  identity: Identity | null;
  /** How it is stored and what statistics are kept of it, as the ends of ALTER COLUMN. */
  settings: readonly string[];
  /** SQL of a generated column. */
  generated: string | null;
  /** The sequence that goes when the column goes (`serial`), as SQL. Not that of an identity. */
  ownedSequence: string | null;
}

export interface Identity {
  always: boolean;
  /** SQL options: `INCREMENT BY 1 MINVALUE 1 ...`. */
  options: string;
  /** Where the sequence stands; null when it was never used. */
  lastValue: string | null;
}

/** An index, but its name: names are never compared. */
export interface IndexShape {
  unique: boolean;
  /** All after `USING`: method, keys, included columns, storage options, condition; `btree (a DESC, lower(b)) WHERE (c > 0)`. */
  definition: string;
  /** Made by a UNIQUE constraint. Not compared, since it promises the same. */
  isConstraint: boolean;
}

export interface LiveIndex extends IndexShape {
  name: string;
  /** Keys and included columns; `expr` for an expression. */
  columns: readonly string[];
}

export interface TableShape extends QualifiedName {
  columns: readonly ColumnShape[];
  /** Names of columns in the order of the key; empty without a key. */
  primaryKey: readonly string[];
  indexes: readonly IndexShape[];
}

/** A definition in the catalogue's own words, and the comments that it gives; what it leaves out stays as it is. */
export interface WantedTable extends TableShape {
  comments: { table?: string; columns: ReadonlyMap<string, string> };
}
