import { randomUUID } from 'node:crypto';

/** Name of a table that exists within one transaction only, as pg-bulk-ingest spells it: `_tmp_` and 32 hexadecimal digits. */
export function temporaryName(): string {
  return `_tmp_${randomUUID().replaceAll('-', '')}`;
}

/**
 * How every name begins that PostgreSQL makes from a temporary table's, for its keys and indexes: it cuts long ones, but never
 * as short as this.
 */
export function temporaryPrefix(name: string): string {
  return name.slice(0, '_tmp_'.length + KEPT_DIGITS);
}

/** Whether a name was made from some temporary table's, by us or by pg-bulk-ingest. */
export function isTemporaryName(name: string): boolean {
  return new RegExp(`^_tmp_[0-9a-f]{${KEPT_DIGITS}}`).test(name);
}

const KEPT_DIGITS = 15;
