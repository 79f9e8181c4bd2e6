import type { ClientBase } from 'pg';
import { readShape, type LiveIndex, type LiveTable } from '../migrate/index.js';
import { quoteName, quoteTable, type QualifiedName } from '../quote.js';

/** No column, no index: as when a column is dropped. */
const UNDEFINED_COLUMN = '42703';
const DEFERRAL = /(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?$/u;

/**
 * Makes the indexes that somebody gave the live table on the one that is to take its place. Returns what gives them their names, once
 * the old ones are gone.
 */
export async function keepIndexes(
  client: ClientBase,
  live: LiveTable,
  target: QualifiedName,
): Promise<() => Promise<void>> {
  const made = await readShape(client, target);
  const known = new Set((made?.indexes ?? []).map(({ unique, definition }) => `${unique} ${definition}`));
  const lost = live.indexes.filter(({ unique, definition }) => !known.has(`${unique} ${definition}`));
  const kept: { index: LiveIndex; name: string }[] = [];
  for (const [place, index] of lost.entries()) {
    const name = `_tidemark_index_${place + 1}`;
    if (await makeIndex(client, index, name, target)) kept.push({ index, name });
  }
  return async () => {
    for (const { index, name } of kept) await client.query(namingStatement(live, index, name));
  };
}

async function makeIndex(client: ClientBase, index: LiveIndex, name: string, target: QualifiedName): Promise<boolean> {
  const definition = index.definition.replace(DEFERRAL, '');
  const { rows } = await client.query<{ path: string }>(`SELECT current_setting('search_path') AS path`);
  await client.query('SAVEPOINT tidemark_index');
  try {
    // The definition was told with this path: every name outside pg_catalog has its schema.
    await client.query('SET LOCAL search_path TO pg_catalog, pg_temp');
    await client.query(
      `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quoteName(name)} ON ${quoteTable(target)} USING ${definition}`,
    );
    await client.query(`SELECT set_config('search_path', $1, true)`, [rows[0]?.path ?? '']);
    await client.query('RELEASE SAVEPOINT tidemark_index');
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNDEFINED_COLUMN) throw error;
    await client.query('ROLLBACK TO SAVEPOINT tidemark_index; RELEASE SAVEPOINT tidemark_index');
    return false;
  }
}

function namingStatement(table: QualifiedName, { name, isConstraint, definition }: LiveIndex, made: string): string {
  if (!isConstraint) {
    return `ALTER INDEX ${quoteTable({ schema: table.schema, name: made })} RENAME TO ${quoteName(name)}`;
  }
  const deferral = DEFERRAL.exec(definition)?.[0] ?? '';
  return `ALTER TABLE ${quoteTable(table)} ADD CONSTRAINT ${quoteName(name)} UNIQUE USING INDEX ${quoteName(made)}${deferral}`;
}
