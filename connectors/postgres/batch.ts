import type { PoolClient } from 'pg';
import { TidemarkError } from '../../contracts/errors.js';
import type { IngestedTable } from '../../contracts/postgres-results.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { abortable } from './abortable.js';
import type { Postgres } from './client.js';
import { commit } from './commit.js';
import { failureOf } from './failure-of.js';
import type { IngestSettings } from './ingest-options.js';
import { portionsOf, type Portion } from './load/load.js';
import { TableLoad } from './load/table-load.js';
import { lockStatement } from './lock/advisory.js';
import type { LockMonitor } from './lock/monitor.js';
import { removeLost, SideSession } from './parallel/side-session.js';
import type { IngestBatch, JsonValue } from './port.js';
import type { Progress } from './watermark/progress.js';
import { rowsOfLast } from './rows-of-last.js';
import { commentOf, commentStatement, type CommentRow, writeTableComment } from './watermark/store.js';

/** The batches of one call, each a transaction of its own. */
export class BatchRun {
  readonly #loads: Map<PostgresTable, TableLoad>;
  readonly #first: PostgresTable;
  #isMigrated = false;
  readonly #signal: AbortSignal;
  readonly #side: SideSession | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly definitions: readonly [PostgresTable, ...PostgresTable[]],
    private readonly settings: IngestSettings,
    private readonly progress: Progress,
    private readonly monitor: LockMonitor,
  ) {
    this.#first = definitions[0];
    this.#signal = settings.signal === undefined ? monitor.failed : AbortSignal.any([settings.signal, monitor.failed]);
    const side = settings.sessions > 1 ? new SideSession(postgres) : undefined;
    this.#side = side;
    this.#loads = new Map(definitions.map((table) => [table, new TableLoad(table, settings, side)]));
  }

  /** Returns the rows that arrived. */
  async commit(batch: IngestBatch): Promise<number> {
    const signal = this.#signal;
    const portions = portionsOf(batch.rows, this.definitions, {
      maxBuffer: this.settings.maxRowsPerTableBuffer,
      signal,
    });
    try {
      // A slow source is waited for before there is a transaction that would hold anything.
      const first = await abortable(portions.next(), signal);
      const done = await this.postgres.use(
        async (client) => {
          const next = await this.monitor.during(client, async () => {
            const comment = await this.#begin(client);
            return await this.#transact(client, batch, comment, first, portions, signal);
          });
          await commit(client);
          return next;
        },
        { signal },
      );
      done.committed();
      this.#isMigrated = true;
      let rows = 0;
      for (const load of this.#loads.values()) rows += load.committed();
      await this.#side?.committed();
      return rows;
    } catch (error) {
      for (const load of this.#loads.values()) load.rolledBack();
      await this.#side?.rolledBack();
      throw error;
    } finally {
      // Where it is stuck it is not waited for.
      void portions.return(undefined).catch(() => undefined);
    }
  }

  /** After the last batch. */
  async close(): Promise<void> {
    await this.#side?.close();
  }

  tables(): IngestedTable[] {
    return [...this.#loads.values()].map((load) => load.result());
  }

  async #transact(
    client: PoolClient,
    batch: IngestBatch,
    comment: string | null,
    first: IteratorResult<Portion>,
    portions: AsyncGenerator<Portion>,
    signal: AbortSignal,
  ): Promise<{ committed: () => void }> {
    if (!this.#isMigrated) await this.#prepare(client);
    // In the order in which they were first loaded, then those without rows.
    const order = new Set<TableLoad>();
    for (let next = first; next.done !== true; next = await abortable(portions.next(), signal)) {
      const load = this.#loads.get(next.value.table);
      if (load === undefined) throw new TypeError('rows of a table that is not of the call');
      order.add(load);
      await load.add(client, next.value, signal);
    }
    for (const load of this.#loads.values()) order.add(load);
    for (const load of order) await load.finish(client);
    for (const load of order) await this.#beforeVisible(client, load, batch.metadata);
    for (const load of order) await load.swap();
    const value = await abortable(highWatermarkOf(batch), signal);
    let rows = 0;
    for (const load of order) rows += load.arrived;
    const next = this.progress.next(comment, value, rows);
    try {
      await writeTableComment(client, this.#first, next.comment);
    } catch (error) {
      throw failureOf(error, 'writing the high watermark', this.#first);
    }
    return next;
  }

  /** In one go, since small batches wait for nothing as much. Returns the first table's comment as it is now that nobody else can change it. */
  async #begin(client: PoolClient): Promise<string | null> {
    const statements = ['BEGIN', lockStatement(this.definitions), commentStatement(this.#first)];
    try {
      const { comment } = commentOf(await rowsOfLast<CommentRow>(client, statements));
      this.progress.check(comment);
      return comment;
    } catch (error) {
      throw failureOf(error, 'waiting for the tables', this.#first);
    }
  }

  async #prepare(client: PoolClient): Promise<void> {
    try {
      if (this.#side !== undefined) await removeLost(client, this.definitions);
    } catch (error) {
      throw failureOf(error, 'taking away what an ingest has left that was killed', this.#first);
    }
    for (const load of this.#loads.values()) await load.prepare(client, this.progress.start.deleteFirst);
  }

  async #beforeVisible(client: PoolClient, load: TableLoad, batchMetadata: unknown): Promise<void> {
    const { onBeforeVisible } = this.settings;
    if (onBeforeVisible === undefined) return;
    await onBeforeVisible({ client, table: load.writeTo, batchMetadata });
    // An error reaches its caller before the server's word that the transaction has failed: an empty statement comes after both.
    await client.query('');
    if (client.getTransactionStatus() === 'T') return;
    throw new TidemarkError('onBeforeVisible ended the transaction of the batch, or hid an error that ends it.', {
      code: 'POSTGRES_ROLLED_BACK',
      retryable: false,
      mend: 'Let a hook throw what its statements throw, and leave BEGIN, COMMIT and ROLLBACK alone.',
    });
  }
}

async function highWatermarkOf({ highWatermark }: IngestBatch): Promise<JsonValue> {
  return typeof highWatermark === 'function' ? await highWatermark() : highWatermark;
}
