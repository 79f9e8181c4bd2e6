import { TidemarkError } from '../../../contracts/errors.js';
import type { IngestSource } from '../../../contracts/postgres-inputs.js';
import type { IngestBatch, JsonValue, TableOf } from '../../../connectors/postgres/port.js';
import { quoteName } from '../../../connectors/postgres/quote.js';
import { nearNamesText } from '../../../connectors/common/near-names.js';
import { named } from '../../registry.js';
import type { PostgresDependencies } from '../dependencies.js';
import type { OpenedSource } from './context.js';
import { CursorColumn } from '../../../connectors/postgres/cursor-column.js';
import { missingColumns } from '../../../connectors/postgres/missing-columns.js';
import { foreignWatermark } from './errors.js';
import { relationOf } from './relation.js';
import { SourceSession } from './source-session.js';

type QuerySource = Extract<IngestSource, { type: 'query' }>;

/**
 * Rows of a table or query, in the order of its cursor column: a batch is `batchRows` rows and those that share the last one's cursor.
 * The bytes of one COPY go into the other untouched; what a cursor means, and which is larger, is left to the server that has them.
 *
 * Without a cursor everything is one batch, in each run.
 */
export function querySource(source: QuerySource, { databases }: Pick<PostgresDependencies, 'databases'>): OpenedSource {
  const database = named('connection of type postgres', databases, source.connection);
  const relation = relationOf(source, database);
  return async function* (highWatermark, { tables: [table], committedBatches, signal, leaveOut, announceLast }) {
    if (table === undefined || (source.cursor === undefined && committedBatches > 0)) return;
    const session = await SourceSession.open(database.client, signal);
    try {
      const columns = await session.columnsOf(relation.sql);
      const wanted = table.columns.map(({ name }) => name);
      const missing = wanted.filter((name) => !columns.has(name));
      if (missing.length > 0)
        throw missingColumns(relation.title, missing, nearNamesText(missing[0] ?? '', [...columns.keys()]));
      const select = `SELECT ${wanted.map(quoteName).join(', ')} FROM ${relation.sql}`;
      if (source.cursor === undefined) {
        await session.begin();
        announceLast();
        yield { highWatermark, rows: { table, csv: session.copy(select) } };
        await session.commit();
        return;
      }
      const cursor = CursorColumn.of(relation, source.cursor, columns, source.lag);
      await session.begin();
      const nulls = await cursor.countNulls(session);
      if (nulls > 0 && source.nullCursors === 'fail') throw nullCursors(relation.title, source.cursor, nulls);
      leaveOut(nulls);
      yield* batchesBehind(startOf(highWatermark), {
        session,
        cursor,
        select,
        table,
        batchRows: source.batchRows,
        announceLast,
      });
    } finally {
      await session.close();
    }
  };
}

interface Reading {
  session: SourceSession;
  cursor: CursorColumn;
  select: string;
  table: TableOf;
  batchRows: number;
  announceLast: () => void;
}

/** Each batch is one snapshot of the source: what its end was found in is what is read. */
async function* batchesBehind(start: string | null, reading: Reading): AsyncGenerator<IngestBatch> {
  const { session, cursor, select, table, batchRows, announceLast } = reading;
  const range = await cursor.rangeBehind(session, start);
  if (range === undefined) {
    await session.commit();
    return;
  }
  for (let low = start; ;) {
    const { high, watermark, isLast } = await cursor.nextBatch(session, range, low, batchRows);
    // With a lag it would be read again by whoever asks once more.
    if (isLast) announceLast();
    yield { highWatermark: watermark, rows: { table, csv: session.copy(`${select} ${cursor.between(low, high)}`) } };
    await session.commit();
    if (isLast) return;
    low = high;
    await session.begin();
  }
}

function startOf(highWatermark: JsonValue): string | null {
  if (highWatermark === null || typeof highWatermark === 'string') return highWatermark;
  if (typeof highWatermark === 'number') return String(highWatermark);
  throw foreignWatermark('query', "a value of the cursor's column, as text");
}

function nullCursors(title: string, cursor: string, rows: number): TidemarkError {
  return new TidemarkError(`${rows} rows of ${title} have no value in the cursor column ${JSON.stringify(cursor)}.`, {
    code: 'INGEST_NULL_CURSORS',
    retryable: false,
    mend: "They are in no order, so no watermark can tell whether they are new: fill them in, or say nullCursors 'skip' to leave them out.",
  });
}
