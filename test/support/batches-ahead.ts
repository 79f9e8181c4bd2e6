import { setTimeout } from 'node:timers/promises';
import {
  ingest,
  type IngestBatch,
  type IngestOptions,
  type IngestResult,
  type JsonValue,
  type PostgresTable,
  readWatermark,
} from '../../connectors/postgres/index.js';
import { quoteTable } from '../../connectors/postgres/quote.js';
import { batchOf, type IngestSetting, openIngestSetting } from './ingest.js';

/** What the ingest calls its sessions. */
export const APPLICATION = 'batches ahead';
export const OURS = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${APPLICATION}'`;
export const WAITS_TO_COMMIT = `wait_event_type = 'Lock' AND query LIKE 'COMMENT ON TABLE%'`;
export const HAS_COPIED = `state = 'idle in transaction' AND query LIKE 'COPY%'`;
export const WAITS_FOR_ITS_TURN = `wait_event_type = 'Lock' AND query LIKE '%pg_advisory_xact_lock%'`;

export interface Asked {
  result: Promise<IngestResult>;
  /** What was committed when the source was asked for the next batch, from the second one on. */
  seen: JsonValue[];
}

export interface AheadSetting extends IngestSetting {
  /** A session is in the way of commits from now on: none of them can write its high watermark. */
  inTheWay: (table: PostgresTable) => Promise<unknown>;
  /** No longer. */
  letGo: () => Promise<unknown>;
  /** Until so many of the ingest's sessions are as it says. */
  until: (sessions: number, condition: string) => Promise<void>;
  committed: (table: PostgresTable) => Promise<JsonValue>;
  /** Batches whose watermarks are 1, 2, 3 and so on. `then` happens when the source is asked for the next batch after one. */
  run: (
    tables: readonly [PostgresTable, ...PostgresTable[]],
    batches: readonly (readonly unknown[][] | IngestBatch)[],
    options?: IngestOptions,
    then?: (batch: number) => unknown,
  ) => Asked;
}

export async function openAheadSetting(): Promise<AheadSetting> {
  const setting = await openIngestSetting();
  const other = await setting.database.connect();
  const committed = async (table: PostgresTable): Promise<JsonValue> =>
    (await readWatermark(setting.postgres, table)).value;
  return {
    ...setting,
    committed,
    inTheWay: (table) => other.query(`BEGIN; LOCK TABLE ${quoteTable(table)} IN SHARE UPDATE EXCLUSIVE MODE`),
    letGo: () => other.query('ROLLBACK'),
    until: async (sessions, condition) => {
      while ((await setting.ask(`SELECT count(*)::int ${OURS} AND ${condition}`)) !== sessions) await setTimeout(10);
    },
    run: (tables, batches, options = {}, then = () => undefined) => {
      const [table] = tables;
      const seen: JsonValue[] = [];
      const source = async function* () {
        for (const [index, batch] of batches.entries()) {
          const number = index + 1;
          yield 'highWatermark' in batch ? batch : batchOf(table, batch, number);
          seen.push(await committed(table));
          await then(number);
        }
      };
      const all = { sessions: 2, askAhead: true, ...options };
      const result = ingest({ url: setting.database.url, applicationName: APPLICATION }, tables, source, all);
      result.catch(() => undefined);
      return { result, seen };
    },
    close: async () => {
      await other.end();
      await setting.close();
    },
  };
}

export const rows = (...ids: number[]): [number, string][] => ids.map((id) => [id, `value ${id}`]);
