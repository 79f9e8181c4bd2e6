import { createHash, randomUUID } from 'node:crypto';
import type { Client, ClientBase } from 'pg';
import type { Postgres } from '../client.js';
import { copyIn } from '../copy.js';
import type { ColumnType } from '../encode/column-types.js';
import { failureOf } from '../failure-of.js';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';

const PREFIX_LENGTH = 27;
/** lock_not_available, undefined_table */
const NOT_NOW = new Set(['55P03', '42P01']);
/** Longest wait for what is not worth a longer one: taking away what is left. */
const PATIENCE_MS = 5_000;

/** Rows that lie in a table of their own, committed, until the batch takes them. */
export interface SideTable {
  /** Quoted. */
  sql: string;
  rows: number;
}

export interface SideCopy {
  /** Where the rows are to go in the end: their table stands in the same schema, where there is one. */
  target: TableOf;
  /** Of its table. */
  columns: readonly ColumnType[];
  /** Names of those that the rows have, in order; all others are null. */
  names: readonly string[];
  /** Binary COPY. Asked for once there is a table. */
  rows: () => AsyncIterable<Uint8Array>;
  /** What is still to be done before the table is committed. */
  finish?: (client: Client, sql: string) => Promise<void>;
  signal: AbortSignal;
  /** Turns what the COPY throws into words. */
  explain: (error: unknown, copyInto: string) => unknown;
}

/**
 * A second session, that copies rows into tables which it makes and which are written to no log. Nobody else needs those; the batch takes
 * them away in its own transaction.
 */
export class SideSession {
  #connecting: Promise<Client> | undefined;
  /** Committed. */
  #left: string[] = [];
  /** Those of them that the batch takes away. */
  readonly #dropped = new Set<string>();

  constructor(private readonly postgres: Postgres) {}

  /** Connects, so that nobody waits for it later. */
  begin(): void {
    void this.#connect();
  }

  /** Undefined, and nothing asked for, where there is no such session, or no schema that it may use; also where no rows came. */
  async copy({ target, columns, names, rows, finish, signal, explain }: SideCopy): Promise<SideTable | undefined> {
    signal.throwIfAborted();
    const client = await this.#connect();
    signal.throwIfAborted();
    if (client === undefined) return undefined;
    const schema = await findSchema(client, target);
    if (schema === undefined) return undefined;
    const name = `${prefixOf(target)}${randomUUID().replaceAll('-', '').slice(0, 16)}`;
    const sql = quoteTable({ schema, name });
    const list = names.map((column) => quoteName(column)).join(', ');
    signal.throwIfAborted();
    await create(client, sql, columns);
    let count: number;
    try {
      count = await copyIn(client, `COPY ${sql} (${list}) FROM STDIN WITH (FORMAT binary, FREEZE)`, rows(), { signal });
    } catch (error) {
      throw explain(error, name);
    }
    if (count === 0) {
      await client.query('ROLLBACK');
      return undefined;
    }
    await finish?.(client, sql);
    signal.throwIfAborted();
    this.#left.push(sql);
    await client.query('COMMIT');
    return { sql, rows: count };
  }

  /** In the batch's transaction, once nothing of a table is needed. One that somebody reads, a dump of the database, is not waited for. */
  async drop(client: ClientBase, { sql }: SideTable): Promise<void> {
    if (await dropIfFree(client, sql)) this.#dropped.add(sql);
  }

  /** The batch has been committed. Never throws. */
  async committed(): Promise<void> {
    const left = this.#left.filter((sql) => !this.#dropped.has(sql));
    this.#left = [];
    this.#dropped.clear();
    const client = left.length === 0 ? undefined : await this.#connect();
    if (client === undefined) return;
    const drop = async (): Promise<void> => {
      await client.query('BEGIN');
      for (const sql of left) await dropIfFree(client, sql);
      await client.query('COMMIT');
    };
    await within(PATIENCE_MS, drop());
  }

  /** After the batch has ended without a commit. Never throws; what cannot be taken away now is what a killed process would leave. */
  async rolledBack(): Promise<void> {
    const left = this.#left;
    this.#left = [];
    this.#dropped.clear();
    // One message is one transaction. The batch's session may need a moment to end.
    const drop = `ROLLBACK; SET lock_timeout = ${PATIENCE_MS}; DROP TABLE IF EXISTS ${left.join(', ')}`;
    let isGone = left.length === 0;
    await this.#end(async (client) => {
      if (!isGone) await client.query(drop);
      isGone = true;
    });
    if (isGone) return;
    // It may have been this session that ended the batch.
    this.#connecting = this.postgres.connectAside();
    await this.#end((client) => client.query(drop));
  }

  /** After the last batch. */
  async close(): Promise<void> {
    await this.#end(() => Promise.resolve());
  }

  /** Undefined where the server gives no more sessions: the first one does all the work then. */
  async #connect(): Promise<Client | undefined> {
    this.#connecting ??= this.postgres.connectAside();
    return await this.#connecting.catch(() => undefined);
  }

  /** Does not throw, and waits for a session that does not answer only so long. */
  async #end(before: (client: Client) => Promise<unknown>): Promise<void> {
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (connecting === undefined) return;
    const ending = async (): Promise<void> => {
      const client = await connecting;
      await within(PATIENCE_MS, before(client));
      // Ends what is under way in it as well.
      await client.end();
    };
    await within(2 * PATIENCE_MS, ending());
  }
}

/** In a transaction. False where somebody is in the way, or was faster. */
async function dropIfFree(client: ClientBase, sql: string): Promise<boolean> {
  try {
    await client.query(
      `SAVEPOINT tidemark_drop; LOCK TABLE ${sql} IN ACCESS EXCLUSIVE MODE NOWAIT; DROP TABLE ${sql}; RELEASE SAVEPOINT tidemark_drop`,
    );
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NOT_NOW.has(String(error.code)))) throw error;
    await client.query('ROLLBACK TO SAVEPOINT tidemark_drop');
    return false;
  }
}

/**
 * Takes away what processes have left that were killed while they brought rows into one of the tables. Whoever made it is gone: no other
 * ingest has the tables now.
 */
export async function removeLost(client: ClientBase, tables: readonly TableOf[]): Promise<void> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND pg_catalog.left(c.relname::text, ${PREFIX_LENGTH}) = ANY ($1::text[])
       AND pg_catalog.pg_has_role(c.relowner, 'USAGE')`,
    [tables.map(prefixOf)],
  );
  for (const lost of rows) await dropIfFree(client, quoteTable(lost));
}

/** Such tables of one table are known by their name. */
function prefixOf({ schema, name }: TableOf): string {
  const hash = createHash('sha256').update(quoteTable({ schema, name })).digest('hex');
  return `${`tidemark_rows_${hash}`.slice(0, PREFIX_LENGTH - 1)}_`;
}

/** That of the target; where the batch is about to make it, the one that the session makes tables in, if it may. */
async function findSchema(client: Client, { schema }: TableOf): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string | null }>(
    `SELECT coalesce(
       (SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = $1),
       CASE WHEN pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE') THEN pg_catalog.current_schema() END)::text AS schema`,
    [schema],
  );
  return rows[0]?.schema ?? undefined;
}

/** Begins a transaction, with the same message: by itself it would be one of its own, where the batch has ended meanwhile. */
async function create(client: Client, sql: string, columns: readonly ColumnType[]): Promise<void> {
  const list = columns.map(({ name, type, notNull }) => `${quoteName(name)} ${type}${notNull ? ' NOT NULL' : ''}`);
  try {
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED; CREATE UNLOGGED TABLE ${sql} (${list.join(', ')}) WITH (autovacuum_enabled = false)`,
    );
  } catch (error) {
    throw failureOf(error, "making a table for a second session, which 'sessions: 2' asks for");
  }
}

/** Does not throw. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work.catch(() => undefined), over]);
  clearTimeout(timer);
}
