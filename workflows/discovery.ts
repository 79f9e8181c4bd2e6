import type { Discovery, TableTarget } from '../contracts/activities.js';
import { MAX_TABLES_OF_A_BATCH } from '../contracts/titan-inputs.js';
import { failWith } from './failures.js';

/** One workflow carries its list of tables from run to run: it has an end. */
export function refuseTooManyTables({ domain, tables }: Discovery): void {
  if (tables.length <= MAX_TABLES_OF_A_BATCH) return;
  const message = `Domain '${domain.name}' has ${tables.length} tables, one workflow takes ${MAX_TABLES_OF_A_BATCH}. Name some of them in 'tables', and the others in another run.`;
  throw failWith({ code: 'TOO_MANY_TABLES', message, retryable: false }, message);
}

/** Names that a user gave for tables must mean one: a misspelt one would silently change nothing. */
export function unknownNames(names: readonly string[], tables: readonly TableTarget[], field: string): void {
  const unknown = names.filter((name) => !tables.some((table) => table.name === name || table.table === name));
  if (unknown.length === 0) return;
  const known = tables.slice(0, 20).map((table) => table.table);
  const message = `'${field}' names tables that are not in this sync: ${unknown.slice(0, 10).join(', ')}. There are: ${known.join(', ')}.`;
  throw failWith({ code: 'TITAN_UNKNOWN_TABLE', message, retryable: false }, message);
}
