import type { Misfit } from '../encode/misfit.js';
import { PostgresError } from '../errors.js';

/** Says where a value that PostgreSQL cannot take is. */
export function badValue(
  { message, mend, code }: Misfit,
  place: { table: string; row: number; column?: string | undefined },
): PostgresError {
  const { table, row, column } = place;
  return new PostgresError(`${message}.`, {
    code,
    retryable: false,
    table,
    row,
    ...(column === undefined ? {} : { column }),
    ...(mend === undefined ? {} : { mend }),
  });
}
