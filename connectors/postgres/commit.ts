import type { ClientBase } from 'pg';
import { TidemarkError } from '../../contracts/errors.js';
import { postgresFailure } from './errors.js';

/** COMMIT of a transaction that has failed meanwhile is answered with ROLLBACK and no error: that must not pass for success. */
export async function commit(client: ClientBase): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('COMMIT'));
  } catch (error) {
    const failure = postgresFailure(error, { doing: 'committing' });
    // The server has said no (a deferred constraint, a serialisation failure): nothing is committed.
    if (failure.code !== 'POSTGRES_UNAVAILABLE') throw failure;
    throw new TidemarkError('The connection was lost during COMMIT: whether it was done is not known.', {
      code: 'POSTGRES_COMMIT_UNKNOWN',
      retryable: true,
      mend: 'It is tried again by itself, and goes on from what the database holds.',
    });
  }
  if (command !== 'COMMIT')
    throw new TidemarkError('The transaction had failed before COMMIT, and was rolled back.', {
      code: 'POSTGRES_ROLLED_BACK',
      retryable: false,
      mend: 'A hook hid an error of one of its statements, or ended the transaction: let it throw.',
    });
}
