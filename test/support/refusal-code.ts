import { TidemarkError } from '../../contracts/errors.js';

/** Code of the error that a promise is rejected with; fails the test when it is not. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TidemarkError) return error.code;
    throw error;
  }
  throw new Error('it was not refused');
}
