import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import type { Changes } from '../../tables/port.js';
import { columnTypes } from '../column-types.js';
import { CursorColumn } from '../cursor-column.js';
import type { RowSource } from './describe-rows.js';

// Each statement sees a state of its own, which does no harm: what is committed in between up to the top is read with the rest, and what
// moves beyond it is the next run's. A snapshot of all of them would read nothing of a table that is replaced meanwhile.

/** Which rows lie behind a mark, and the mark that they bring the table to. Undefined when there are none. */
export async function changedRows(
  client: ClientBase,
  source: RowSource,
  { cursor, lag, after }: Changes,
): Promise<{ condition: string; mark: string } | undefined> {
  const relation = { sql: source.from, title: source.what };
  const columns = await columnTypes((sql) => client.query(sql), source.from);
  const column = CursorColumn.of(relation, cursor, columns, lag);
  const session = {
    text: async (sql: string): Promise<string | null> => {
      const { rows } = await client.query<{ value: string | null }>(`SELECT (${sql})::text AS value`);
      return rows[0]?.value ?? null;
    },
  };
  const nulls = await column.countNulls(session);
  if (nulls > 0) throw nullCursors(source.what, cursor, nulls);
  const range = await column.rangeBehind(session, after);
  if (range === undefined) return undefined;
  return {
    condition: column.condition(after, range.top),
    mark: await column.watermarkAt(session, range.edge, after),
  };
}

function nullCursors(what: string, cursor: string, rows: number): TidemarkError {
  return new TidemarkError(`${rows} rows of ${what} have no value in the cursor column ${JSON.stringify(cursor)}.`, {
    code: 'INGEST_NULL_CURSORS',
    retryable: false,
    mend: 'They are in no order, so no mark can tell whether they are new: fill them in, or give the tables as views that leave them out.',
  });
}
