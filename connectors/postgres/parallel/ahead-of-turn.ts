import type { PoolClient } from 'pg';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { failureOf } from '../failure-of.js';
import type { IngestSettings } from '../ingest-options.js';
import { mayPart } from './may-part.js';

/**
 * A batch whose rows are copied, in a transaction of its own, while the one before is still on its way. Everything else, from the lock on
 * the tables to the commit, waits for its turn. Only where the rows of two batches have nothing to do with each other.
 */
export class AheadOfTurn {
  #isPossible: boolean;

  constructor(
    private readonly definitions: readonly PostgresTable[],
    { sessions, askAhead, upsert, quarantine, onBeforeVisible }: IngestSettings,
  ) {
    const isUpsert = upsert === '__IF_PRIMARY_KEY__' && definitions.some(({ primaryKey }) => primaryKey !== undefined);
    // A hook may want the tables for itself, and would wait for the batch behind it.
    this.#isPossible =
      sessions > 1 && askAhead && !isUpsert && quarantine === undefined && onBeforeVisible === undefined;
  }

  get isPossible(): boolean {
    return this.#isPossible;
  }

  /**
   * Begins a transaction, and loads. Returns false, without a transaction, where that may not be; nor is it then from now on. What it
   * throws is to be waited for until its turn comes.
   */
  load(client: PoolClient, load: () => Promise<void>): Promise<boolean> {
    const loading = this.#load(client, load);
    loading.catch(() => undefined);
    return loading;
  }

  async #load(client: PoolClient, load: () => Promise<void>): Promise<boolean> {
    if (!this.#isPossible) return false;
    try {
      await client.query('BEGIN');
      for (const table of this.definitions) this.#isPossible &&= await mayPart(client, table);
      if (!this.#isPossible) await client.query('ROLLBACK');
    } catch (error) {
      throw failureOf(error, 'looking whether rows may be copied ahead');
    }
    if (this.#isPossible) await load();
    return this.#isPossible;
  }
}
