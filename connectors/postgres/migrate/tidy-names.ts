import type { ClientBase } from 'pg';
import { quoteName, quoteTable } from '../quote.js';
import { indexText } from './changes.js';
import { neatNames, type Unnamed } from './neat-names.js';
import { readCore } from './read-core.js';
import type { LiveTable } from './read-shape.js';
import { temporaryPrefix } from './temporary-name.js';

/** Sequences of identities, and from PostgreSQL 18 on NOT NULL, which is a constraint with a name there. */
const OTHERS = `
  SELECT k.conname::text AS name, 'not-null' AS kind, NULL AS text,
    (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns
  FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'n' AND starts_with(k.conname, $2)
  UNION ALL
  SELECT s.relname::text, 'sequence', NULL,
    (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum = d.refobjsubid)
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'i'
    AND starts_with(s.relname, $2)`;

/**
 * Renames what PostgreSQL has named after the temporary table, now that the names of the old one's are free. To be called with the
 * catalogue's search path, when the new table has taken its place. The locks are on relations that nobody else can see yet.
 */
export async function tidyNames(client: ClientBase, before: LiveTable, temporary: string): Promise<void> {
  const table = quoteTable(before);
  const core = await readCore(client, before);
  if (core === undefined) return;
  const prefix = temporaryPrefix(temporary);
  const { rows: others } = await client.query<Unnamed>(OTHERS, [core.oid, prefix]);
  const unnamed: Unnamed[] = [
    ...(core.primaryKeyName === null
      ? []
      : [{ name: core.primaryKeyName, kind: 'primary-key' as const, columns: core.primaryKey, text: null }]),
    ...core.indexes.map((index) => ({
      name: index.name,
      kind: index.isConstraint ? ('unique' as const) : ('index' as const),
      columns: index.columns,
      text: indexText(index),
    })),
    ...others,
  ].filter(({ name }) => name.startsWith(prefix));
  if (unnamed.length === 0) return;
  const taken = await namesLike(client, before);
  const statements = neatNames(unnamed, before.name, before, taken).map(({ from, to, kind }) => {
    const names = { from: quoteTable({ schema: before.schema, name: from }), to: quoteName(to) };
    if (kind === 'index') return `ALTER INDEX ${names.from} RENAME TO ${names.to}`;
    if (kind === 'sequence') return `ALTER SEQUENCE ${names.from} RENAME TO ${names.to}`;
    return `ALTER TABLE ${table} RENAME CONSTRAINT ${quoteName(from)} TO ${names.to}`;
  });
  await client.query(statements.join(';\n'));
}

/** Every name that is made for a table begins as the table's does, so only those can clash. */
async function namesLike(client: ClientBase, { schema, name, indexes }: LiveTable): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class
     WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND (starts_with(relname, $2) OR relname = ANY ($3))`,
    [schema, Array.from(name).slice(0, 5).join(''), indexes.map((index) => index.name)],
  );
  return new Set(rows.map((row) => row.name));
}
