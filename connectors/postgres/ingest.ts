import type { PostgresTable } from '../../contracts/postgres-table.js';
import type { IngestedTable } from '../../contracts/postgres-results.js';
import { abortable } from './abortable.js';
import { BatchRun } from './batch.js';
import { Postgres } from './client.js';
import { failureOf } from './failure-of.js';
import { type IngestOptions, type IngestSettings, parseIngestOptions } from './ingest-options.js';
import { lockTables } from './lock/advisory.js';
import { LockMonitor } from './lock/monitor.js';
import { ensureTable } from './migrate/index.js';
import type { PostgresOptions } from './options.js';
import type { Batches, BlockingSession, IngestBatch, JsonValue } from './port.js';
import { Progress } from './watermark/progress.js';
import { readTableComment } from './watermark/store.js';

export interface IngestResult {
  /** Committed by this call. */
  batches: number;
  /** Rows that arrived, of all tables. */
  rows: number;
  /** `from` was handed to the source, `to` is what the table holds now. */
  highWatermark: { from: JsonValue; to: JsonValue };
  /** In the order of the call. */
  tables: IngestedTable[];
}

/**
 * Loads batches of rows into tables, which are created and migrated as they are defined. Each batch is one transaction: its rows in all
 * tables, and the high watermark that they bring the first table to. What it does and how it is told is pg-bulk-ingest's contract.
 *
 * The watermark stands in the comment of the first table, `{"pg-bulk-ingest": {"high-watermark": ...}, "tidemark": ...}`. Other keys of
 * it are kept as they are written; a comment that is no JSON object is kept as the text of a key `comment`.
 *
 * @param connection One that is open is left open.
 * @param tables The first one holds the high watermark.
 * @param batches Called once, with the watermark to go on from.
 * @throws TidemarkError INGEST_OPTIONS, HIGH_WATERMARK_MOVED, HIGH_WATERMARK_BAD, TABLE_OF_OTHER_PIPELINE, and those of PostgreSQL; what
 * the source or a hook throws, as it is. What was not committed is rolled back then, committed batches stay; a source that was asked ahead
 * and throws has those before committed.
 */
export async function ingest(
  connection: Postgres | PostgresOptions,
  tables: readonly PostgresTable[],
  batches: Batches,
  options: IngestOptions = {},
): Promise<IngestResult> {
  const checked = parseIngestOptions(tables, options);
  if (connection instanceof Postgres) return await run(connection, checked.tables, batches, checked.settings);
  const own = new Postgres(connection);
  try {
    return await run(own, checked.tables, batches, checked.settings);
  } finally {
    await own.close();
  }
}

async function run(
  postgres: Postgres,
  tables: readonly [PostgresTable, ...PostgresTable[]],
  batches: Batches,
  settings: IngestSettings,
): Promise<IngestResult> {
  const { signal } = settings;
  const [first] = tables;
  const progress = new Progress(first, await commentOf(postgres, first, signal), settings);
  let waitingFor: BlockingSession[] = [];
  const counts = { batches: 0, rows: 0 };
  const report = (): void => settings.onProgress?.({ ...counts, highWatermark: progress.value, waitingFor });
  const monitor = new LockMonitor(postgres, {
    endAfterSeconds: settings.blocking.endAfterSeconds,
    onWaiting: (sessions) => {
      waitingFor = sessions;
      report();
    },
  });
  const source = iteratorOf(batches(progress.start.from, progress.start.committed));
  const work = new BatchRun(postgres, tables, settings, progress, monitor);
  let isAtEnd = false;
  try {
    const underWay: Promise<void>[] = [];
    const count = (rows: number): void => {
      counts.rows += rows;
      counts.batches += 1;
      report();
    };
    for (;;) {
      const next = await abortable(source.next(), work.ended);
      if (next.done === true) break;
      if (underWay.length > 1) await underWay.shift();
      const { committed, mayAsk } = work.begin(next.value);
      const counted = committed.then(count);
      counted.catch(() => undefined);
      underWay.push(counted);
      await mayAsk;
    }
    await Promise.all(underWay);
    isAtEnd = true;
    if (counts.batches === 0) await createMissing(postgres, tables, monitor, signal);
  } finally {
    await work.close();
    await monitor.close();
    // One that is stuck is not waited for, and what it throws on its way out is of no interest beside the error that ends the call.
    if (!isAtEnd) void Promise.resolve(source.return?.()).catch(() => undefined);
  }
  return { ...counts, highWatermark: { from: progress.start.from, to: progress.value }, tables: work.tables() };
}

async function commentOf(
  postgres: Postgres,
  table: PostgresTable,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  return postgres.use(
    async (client) => {
      try {
        return (await readTableComment(client, table)).comment;
      } catch (error) {
        throw failureOf(error, 'reading the high watermark', table);
      }
    },
    { signal },
  );
}

/** A call without batches leaves tables that are there as they are. */
async function createMissing(
  postgres: Postgres,
  tables: readonly PostgresTable[],
  monitor: LockMonitor,
  signal: AbortSignal | undefined,
): Promise<void> {
  await postgres.transaction(
    (client) =>
      monitor.during(client, async () => {
        try {
          await lockTables(client, tables);
          for (const table of tables) await ensureTable(client, table);
        } catch (error) {
          throw failureOf(error, 'creating tables');
        }
      }),
    { signal },
  );
}

function iteratorOf(
  batches: AsyncIterable<IngestBatch> | Iterable<IngestBatch>,
): AsyncIterator<IngestBatch> | Iterator<IngestBatch> {
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
}
