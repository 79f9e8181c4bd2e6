import type { ClientBase } from 'pg';
import { quoteTable, type QualifiedName } from '../quote.js';
import { inPassing, setCataloguePath } from './catalogue-path.js';
import { readBelongings, type Belongings } from './read-belongings.js';
import { readCore, type CoreTable } from './read-core.js';
import { readDependents, type Dependents } from './read-dependents.js';

/** A table as it is, with all that a replacement must keep or would lose. */
export interface LiveTable extends CoreTable, Belongings {
  /** Whether there is a row; true too where the role may not look. */
  hasRows: boolean;
  dependents: Dependents;
}

/**
 * The live table, from the catalogue. Takes no lock that blocks anybody, and changes nothing. Undefined when there is no relation of
 * that name; one that is no table is told, too: see `kind`.
 */
export async function readShape(client: ClientBase, table: QualifiedName): Promise<LiveTable | undefined> {
  return await inPassing(client, async () => {
    await setCataloguePath(client);
    const core = await readCore(client, table);
    if (core === undefined) return undefined;
    const belongings = await readBelongings(client, core.oid);
    const dependents = await readDependents(client, core.oid);
    return { ...core, ...belongings, dependents, hasRows: await hasRows(client, core) };
  });
}

async function hasRows(client: ClientBase, { kind, mayRead, schema, name }: CoreTable): Promise<boolean> {
  if (!mayRead || !['r', 'p'].includes(kind)) return true;
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM ${quoteTable({ schema, name })}) AS found`,
  );
  return rows[0]?.found ?? true;
}
