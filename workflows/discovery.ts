import type { Discovery, TableTarget } from '../contracts/activities.js';
import { MAX_TABLES_OF_A_BATCH } from '../contracts/titan-inputs.js';
import type { BranchSelector } from '../contracts/titan-common.js';
import { failWith } from './failures.js';
import { call } from './steps.js';

interface Sought {
  connection: string;
  branch: BranchSelector;
  domain: string;
  tables?: string[] | undefined;
}

/** The domain's deployed tables, or those named. One workflow carries its list of tables from run to run: it has an end. */
export async function discover({ connection, branch, domain, tables }: Sought): Promise<Discovery> {
  const found = await call(`Discover ${domain}`).titanDiscover({
    connection,
    branch,
    domain,
    ...(tables === undefined ? {} : { tables }),
  });
  if (found.tables.length <= MAX_TABLES_OF_A_BATCH) return found;
  const message = `Domain '${domain}' has ${found.tables.length} tables, one workflow takes ${MAX_TABLES_OF_A_BATCH}. Name some of them in 'tables', and the others in another run.`;
  throw failWith({ code: 'TOO_MANY_TABLES', message, retryable: false }, message);
}

/** Names that a user gave for tables must mean one: a misspelt one would silently change nothing. */
export function unknownNames(names: readonly string[], tables: readonly TableTarget[], field: string): void {
  const unknown = names.filter((name) => !tables.some((table) => table.name === name || table.table === name));
  if (unknown.length === 0) return;
  const known = tables.slice(0, 20).map((table) => table.table);
  const message = `'${field}' names tables that are not in this sync: ${unknown.slice(0, 10).join(', ')}. There are: ${known.join(', ')}. Correct the name, or add the table to 'tables'.`;
  throw failWith({ code: 'TITAN_UNKNOWN_TABLE', message, retryable: false }, message);
}
