import type { ClientBase } from 'pg';
import type { TableOf } from '../port.js';
import { quoteTable, quoteText } from '../quote.js';
import { rowsOfLast } from '../rows-of-last.js';

/**
 * Whether rows may come into a table that others see by INSERT as well as by COPY: nothing watches them come (triggers, rules, policies), and
 * nothing can refuse one of them that could not be told by its number then. Nobody changes that before the transaction is over.
 */
export async function mayPart(client: ClientBase, table: TableOf): Promise<boolean> {
  const sql = quoteTable(table);
  const rows = await rowsOfLast<{ may: boolean }>(client, [
    `LOCK TABLE ONLY ${sql} IN ROW EXCLUSIVE MODE`,
    `SELECT c.relkind = 'r' AND NOT c.relhasrules AND NOT c.relrowsecurity
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = c.oid)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = c.oid AND (indisunique OR indisexclusion))
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = c.oid AND contype NOT IN ('n'))
       AND current_setting('transaction_isolation') = 'read committed' AS may
     FROM pg_catalog.pg_class AS c WHERE c.oid = ${quoteText(sql)}::regclass`,
  ]);
  return rows[0]?.may === true;
}
