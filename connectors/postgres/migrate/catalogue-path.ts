import type { ClientBase } from 'pg';

/**
 * With it PostgreSQL tells every name outside `pg_catalog` with its schema, so that what it says means the same to
 * every session, and so that live and wanted tables can be compared as texts. `pg_temp` last, or it would be searched first.
 */
export const CATALOGUE_PATH = 'pg_catalog, pg_temp';

/**
 * Runs `look` within a savepoint that is rolled back: whatever it set or made is gone afterwards, the caller's search path
 * is back, and an error leaves the transaction usable.
 */
export async function inPassing<T>(client: ClientBase, look: () => Promise<T>): Promise<T> {
  const undo = 'ROLLBACK TO SAVEPOINT tidemark_look; RELEASE SAVEPOINT tidemark_look';
  await client.query('SAVEPOINT tidemark_look');
  let found: T;
  try {
    found = await look();
  } catch (error) {
    // A lost connection cannot be rolled back to anywhere; the first error is the one that says why.
    await client.query(undo).catch(() => undefined);
    throw error;
  }
  await client.query(undo);
  return found;
}

/** Until the end of the savepoint or transaction. */
export async function setCataloguePath(client: ClientBase): Promise<void> {
  await client.query(`SET LOCAL search_path TO ${CATALOGUE_PATH}`);
}
