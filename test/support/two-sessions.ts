import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { ingest, type IngestOptions, type PostgresTable } from '../../connectors/postgres/index.js';
import { type IngestSetting, openIngestSetting } from './ingest.js';
import { csvOf } from './upsert-csv.js';

/** What `load` calls its sessions. */
export const APPLICATION = 'two sessions';
const PIECE_BYTES = 256 * 1024;
/** Behind so many bytes a second session is at work: of an upsert, part of which is compared with the table first, much later. */
const AT_WORK_BYTES = { append: 6 * 1024 * 1024, upsert: 16 * 1024 * 1024 };
/** By then the first session has taken so much that the second one may take more than a piece. */
const IN_THE_MIDDLE_BYTES = 36 * 1024 * 1024;
/** Longest time for which a session stands still: it might hold something that the question waits for. */
const STILL_MS = 20_000;

export type Row = [id: number | null, value: string | null];

/** Each row takes three kilobytes: so many are large enough for a second session. */
export const ROWS = 12_000;
const PAD = 'x'.repeat(3_000);
const COLUMNS: PostgresTable['columns'] = [
  { name: 'id', type: 'integer', nullable: false },
  { name: 'value', type: 'text' },
  { name: 'pad', type: 'text' },
];

export const rowsOf = (count: number, value = 'value'): Row[] =>
  Array.from({ length: count }, (_, id) => [id, id % 7 === 0 ? null : `${value} ${id}`]);

/** Rows as a CSV file. */
export function textOf(rows: readonly Row[]): string {
  return csvOf(
    COLUMNS.map(({ name }) => name),
    rows.map((row) => [...row, PAD]),
  );
}

/** In pieces, as a file is read. */
export function csvFrom(
  rows: readonly Row[] | string,
  wait: (sent: number) => Promise<unknown> = () => Promise.resolve(),
): Readable {
  const bytes = Buffer.from(typeof rows === 'string' ? rows : textOf(rows));
  return Readable.from(
    (async function* () {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        await wait(at);
        yield bytes.subarray(at, at + PIECE_BYTES);
      }
    })(),
  );
}

export interface TwoSessionsSetting extends IngestSetting {
  padded: (primaryKey?: string[]) => PostgresTable;
  /** A CSV file whose rest comes once the second session has begun to copy; `then` happens at that moment. */
  waiting: (kind: keyof typeof AT_WORK_BYTES, rows: readonly Row[] | string, then?: () => Promise<unknown>) => Readable;
  /** A CSV file of an append, in the middle of which the first session stands still until a piece has been copied. */
  inPieces: (rows: readonly Row[]) => Readable;
  /** One batch, with two sessions. */
  load: (table: PostgresTable, csv: Readable, options?: IngestOptions) => Promise<void>;
  /** id and value of all rows, by id. */
  content: (table: PostgresTable) => Promise<Row[]>;
  /** Tables that second sessions have made and committed since it was asked for last. */
  made: () => Promise<number>;
  /** Such tables that are there still. */
  left: () => Promise<string[]>;
}

const COPYING_ASIDE = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%tidemark_rows%' AND state = 'active'`;

/** Its progress is not told from the first moment on. */
const ROWS_ASIDE = `SELECT coalesce((SELECT max(tuples_processed) FROM pg_stat_progress_copy WHERE pid IN (SELECT pid ${COPYING_ASIDE})),
  CASE WHEN EXISTS (SELECT ${COPYING_ASIDE}) THEN 0 END)::int`;
const PIECES_ASIDE = 'SELECT count(*)::int FROM public.made';

/**
 * The first session of an append stands still until the second one has copied rows, or what else `until` counts: however slow the machine
 * is, it takes no more then.
 */
async function letAsideCopy(setting: IngestSetting, until: string): Promise<void> {
  const own = await setting.ask(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${APPLICATION}' AND query LIKE 'COPY "%' AND query NOT LIKE '%tidemark_rows%' AND state = 'active'`,
  );
  if (typeof own !== 'number') return;
  process.kill(own, 'SIGSTOP');
  const going = async (): Promise<void> => {
    const giveUp = performance.now() + STILL_MS;
    try {
      let rows: unknown = 0;
      while (rows === 0 && performance.now() < giveUp)
        rows = await Promise.race([setting.ask(until), setTimeout(STILL_MS, null, { ref: false })]);
    } finally {
      process.kill(own, 'SIGCONT');
    }
  };
  // The source has to go on meanwhile. Where the question fails, the test does.
  going().catch(() => undefined);
}

export async function openTwoSessionsSetting(): Promise<TwoSessionsSetting> {
  const setting = await openIngestSetting();
  await setting.postgres.use((client) =>
    client.query(`
      CREATE TABLE public.made (name text);
      GRANT INSERT ON public.made TO PUBLIC;
      CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO public.made SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%tidemark_rows_%' AND object_type = 'table';
        END $$;
      CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.note();`),
  );
  return {
    ...setting,
    padded: (primaryKey) => setting.table(COLUMNS, primaryKey),
    inPieces: (rows) => {
      let isStill = false;
      return csvFrom(rows, async (sent) => {
        if (isStill || sent < IN_THE_MIDDLE_BYTES) return;
        isStill = true;
        await letAsideCopy(setting, PIECES_ASIDE);
      });
    },
    waiting: (
      kind,
      rows,
      then = kind === 'append' ? () => letAsideCopy(setting, ROWS_ASIDE) : () => Promise.resolve(),
    ) => {
      let isAtWork = false;
      return csvFrom(rows, async (sent) => {
        if (isAtWork || sent < AT_WORK_BYTES[kind]) return;
        isAtWork = true;
        while ((await setting.ask(`SELECT count(*)::int ${COPYING_ASIDE}`)) === 0) await setTimeout(10);
        await then();
      });
    },
    load: async (table, csv, options = {}) => {
      const batches = () => [{ highWatermark: 1, rows: { table, csv } }];
      await ingest({ url: setting.database.url, applicationName: APPLICATION }, [table], batches, {
        sessions: 2,
        ...options,
      });
    },
    content: (table) =>
      setting.postgres.use(async (client) => {
        const text = `SELECT id, value FROM "${table.schema}"."${table.name}" ORDER BY id, value`;
        return (await client.query<Row>({ text, rowMode: 'array' })).rows;
      }),
    made: async () =>
      Number(await setting.ask('WITH gone AS (DELETE FROM public.made RETURNING 1) SELECT count(*) FROM gone')),
    left: () =>
      setting.postgres.use(async (client) => {
        const { rows } = await client.query<{ name: string }>(
          `SELECT oid::regclass::text AS name FROM pg_class WHERE relname LIKE 'tidemark\\_rows\\_%' AND relkind = 'r'`,
        );
        return rows.map(({ name }) => name);
      }),
  };
}
