import { PostgresError } from '../errors.js';
import { Misfit } from './misfit.js';

/** Says where a value that does not fit is. */
export function misplaced(error: unknown, place: { table: string; row: number; column: string }): PostgresError {
  // Anything else is thrown by the value itself (a getter, toJSON, a structure that holds itself), in words that may hold it.
  const { message, mend, code } = error instanceof Misfit ? error : new Misfit('a value that cannot be read');
  return new PostgresError(`${message}.`, {
    code,
    retryable: false,
    ...place,
    ...(mend === undefined ? {} : { mend }),
  });
}

export function wrongWidth(table: string, row: number, width: number, wanted: number): PostgresError {
  return new PostgresError(`${width} values for ${wanted} columns.`, {
    code: 'POSTGRES_ROW_WIDTH',
    retryable: false,
    table,
    row,
    mend: 'Give one value per column, in the order of the definition, null for a missing one.',
  });
}
