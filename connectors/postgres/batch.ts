import type { PoolClient } from 'pg';
import { TidemarkError } from '../../contracts/errors.js';
import type { IngestedTable } from '../../contracts/postgres-results.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { abortable } from './abortable.js';
import type { Postgres } from './client.js';
import { commit } from './commit.js';
import { failureOf } from './failure-of.js';
import type { IngestSettings } from './ingest-options.js';
import { Lane } from './lane.js';
import { portionsOf } from './load/load.js';
import type { TableLoad } from './load/table-load.js';
import { lockStatement } from './lock/advisory.js';
import type { LockMonitor } from './lock/monitor.js';
import { once } from './once.js';
import { AheadOfTurn } from './parallel/ahead-of-turn.js';
import { removeLost, SideSession } from './parallel/side-session.js';
import type { IngestBatch, JsonValue } from './port.js';
import type { Progress } from './watermark/progress.js';
import { rowsOfLast } from './rows-of-last.js';
import { commentOf, commentStatement, type CommentRow, writeTableComment } from './watermark/store.js';

/** A batch that is being loaded. */
export interface BatchUnderWay {
  /** Settled as soon as the source may be asked for the next one: that may be before this one is committed. Rejects if it is never to be. */
  mayAsk: Promise<void>;
  /** Settled when it is committed, with the rows that arrived. Not before the batch before it is. */
  committed: Promise<number>;
}

/** The batches of one call, each a transaction of its own. Two of them may be under way at a time, which are committed in their order. */
export class BatchRun {
  readonly #first: PostgresTable;
  /** The second one is that of a batch which is loaded before its turn. */
  readonly #lanes: readonly [Lane, Lane];
  readonly #side: SideSession | undefined;
  readonly #ahead: AheadOfTurn;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<Lane, Promise<number>>();
  #isMigrated = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly definitions: readonly [PostgresTable, ...PostgresTable[]],
    private readonly settings: IngestSettings,
    private readonly progress: Progress,
    private readonly monitor: LockMonitor,
  ) {
    this.#first = definitions[0];
    this.#lanes = [new Lane(definitions, settings), new Lane(definitions, settings)];
    const { signal } = settings;
    const ends = [this.#failure.signal, monitor.failed];
    this.#signal = AbortSignal.any(signal === undefined ? ends : [signal, ...ends]);
    this.#side = settings.sessions > 1 ? new SideSession(postgres) : undefined;
    this.#ahead = new AheadOfTurn(definitions, settings);
  }

  /** Aborted when the call is to end: by its caller, or since a batch failed, with what it failed with. */
  get ended(): AbortSignal {
    return this.#signal;
  }

  /** One batch may be under way when the next is begun, not two. */
  begin(batch: IngestBatch): BatchUnderWay {
    const [before] = this.#underWay.values();
    const [one, other] = this.#lanes;
    const lane = this.#underWay.has(one) ? other : one;
    let mayAsk = (): void => undefined;
    const asked = new Promise<void>((resolve) => (mayAsk = resolve));
    const committed = this.#commit(batch, { lane, before, mayAsk }).finally(() => this.#underWay.delete(lane));
    this.#underWay.set(lane, committed);
    committed.catch((error: unknown) => this.#failure.abort(error));
    return { mayAsk: Promise.race([asked, committed.then(() => undefined)]), committed };
  }

  /** After the last batch. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
    await this.#side?.close();
  }

  tables(): IngestedTable[] {
    const [one, other] = this.#lanes.map((lane) => lane.results());
    return (one ?? []).map((table, index) => ({
      ...table,
      rows: table.rows + (other?.[index]?.rows ?? 0),
      quarantined: table.quarantined + (other?.[index]?.quarantined ?? 0),
    }));
  }

  async #commit(batch: IngestBatch, { lane, before, mayAsk }: Turn): Promise<number> {
    const signal = this.#signal;
    const portions = portionsOf(batch.rows, this.definitions, {
      maxBuffer: this.settings.maxRowsPerTableBuffer,
      signal,
    });
    const side = before === undefined ? this.#side : undefined;
    // To be asked for when the rows are used up.
    const watermark = once(() => highWatermarkOf(batch));
    const onUsedUp = (): void => {
      // That may have turned out meanwhile.
      if (this.#ahead.isPossible) watermark().then(mayAsk, () => undefined);
    };
    const canAsk = this.#isMigrated && this.#ahead.isPossible;
    const options = { signal, side, onUsedUp: canAsk ? onUsedUp : undefined };
    try {
      // A slow source is waited for before there is a transaction that would hold anything.
      const first = await abortable(portions.next(), signal);
      const load = (client: PoolClient): Promise<void> => lane.load(client, first, portions, options);
      const done = await this.postgres.use(
        async (client) => {
          const ahead = before === undefined ? undefined : this.#ahead.load(client, () => load(client));
          await before;
          const next = await this.monitor.during(client, async () => {
            const isLoaded = (await ahead) === true;
            const comment = await this.#take(client, { isBegun: isLoaded });
            if (!this.#isMigrated) await this.#prepare(client, lane);
            if (!isLoaded) await load(client);
            return await this.#finish(client, batch, { lane, comment, watermark });
          });
          await commit(client);
          return next;
        },
        { signal },
      );
      done.committed();
      this.#isMigrated = true;
      const rows = lane.committed();
      await side?.committed();
      return rows;
    } catch (error) {
      lane.rolledBack();
      await side?.rolledBack();
      throw error;
    } finally {
      // Where it is stuck it is not waited for.
      void portions.return(undefined).catch(() => undefined);
    }
  }

  /** The rows are there: what else belongs to the batch. */
  async #finish(
    client: PoolClient,
    batch: IngestBatch,
    { lane, comment, watermark }: { lane: Lane; comment: string | null; watermark: () => Promise<JsonValue> },
  ): Promise<{ committed: () => void }> {
    const loads = lane.inOrder;
    for (const load of loads) await load.finish(client);
    for (const load of loads) await this.#beforeVisible(client, load, batch.metadata);
    for (const load of loads) await load.swap();
    const value = await abortable(watermark(), this.#signal);
    const next = this.progress.next(comment, value, lane.arrived);
    try {
      await writeTableComment(client, this.#first, next.comment);
    } catch (error) {
      throw failureOf(error, 'writing the high watermark', this.#first);
    }
    return next;
  }

  /** In one go, since small batches wait for nothing as much. Returns the first table's comment as it is now that nobody else can change it. */
  async #take(client: PoolClient, { isBegun }: { isBegun: boolean }): Promise<string | null> {
    const statements = [lockStatement(this.definitions), commentStatement(this.#first)];
    if (!isBegun) statements.unshift('BEGIN');
    try {
      const { comment } = commentOf(await rowsOfLast<CommentRow>(client, statements));
      this.progress.check(comment);
      return comment;
    } catch (error) {
      throw failureOf(error, 'waiting for the tables', this.#first);
    }
  }

  async #prepare(client: PoolClient, lane: Lane): Promise<void> {
    try {
      if (this.#side !== undefined) await removeLost(client, this.definitions);
    } catch (error) {
      throw failureOf(error, 'taking away what an ingest has left that was killed', this.#first);
    }
    await lane.prepare(client, this.progress.start.deleteFirst);
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

interface Turn {
  lane: Lane;
  /** The batch before, if it is under way still. */
  before: Promise<number> | undefined;
  mayAsk: () => void;
}

async function highWatermarkOf({ highWatermark }: IngestBatch): Promise<JsonValue> {
  return typeof highWatermark === 'function' ? await highWatermark() : highWatermark;
}
