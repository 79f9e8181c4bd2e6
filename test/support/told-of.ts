import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import { toFailure } from '../../activities/failure.js';
import { PostgresError } from '../../connectors/postgres/errors.js';

/** What stands in the rows that are refused: where an error holds it, a row has leaked. */
export const SECRET_VALUE = 'rowsecret';

/** Everything that an error can be asked for, as a log or a workflow's history would. */
export function everythingIn(error: unknown): string {
  const stack = error instanceof Error ? `${error.message}\n${error.stack}\n${String(error)}` : '';
  const failure = toFailure(error);
  return [
    stack,
    JSON.stringify(error, error === null || typeof error !== 'object' ? undefined : Object.getOwnPropertyNames(error)),
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(failure),
    inspect(failure, { depth: 10, showHidden: true }),
  ].join('\n');
}

/** The error of a call that must throw one of ours: it is checked not to hold the value. */
export async function refusalOf(call: () => unknown, ...secrets: string[]): Promise<PostgresError> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof PostgresError)) throw new Error(`a PostgresError was expected, not ${inspect(error)}`);
  const told = everythingIn(error);
  for (const secret of [SECRET_VALUE, ...secrets]) expect(told).not.toContain(secret);
  return error;
}
