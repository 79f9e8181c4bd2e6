import type { ClientBase } from 'pg';
import { COPY_HEADER, COPY_TRAILER } from '../binary/copy-format.js';
import { copyIn } from '../copy.js';
import type { ColumnType } from '../encode/column-types.js';
import { failureOf } from '../failure-of.js';
import type { CopySource, CopyTarget } from '../load/portion.js';
import { quoteName } from '../quote.js';
import { restOf } from '../unchanged/rows-window.js';
import { SourceRows } from '../unchanged/source-rows.js';
import { RowOrder } from './row-order.js';
import { type CopyAside, MAYBE_BYTES, type SecondSession, WORTH_BYTES } from './second-session.js';
import { ASIDE, OWN, Shares } from './shares.js';
import type { SideSession, SideTable } from './side-session.js';

/** Rows into a table that keeps them all: some of them by a second COPY beside the first one, and from there by INSERT. */
export class AppendAside implements SecondSession {
  /** @param types Columns of the table. */
  constructor(
    private readonly side: SideSession,
    private readonly types: readonly ColumnType[],
  ) {}

  /** The first of the two COPYs that fails ends the other. */
  async copy(
    client: ClientBase,
    target: CopyTarget,
    source: CopySource,
    { sql, signal, explain }: CopyAside,
  ): Promise<number> {
    const order = new RowOrder();
    const rows = new SourceRows(source.chunks[Symbol.asyncIterator](), source.columns.length);
    const shares = new Shares(rows, order);
    const failed = new AbortController();
    const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    let aside: Promise<SideTable | undefined> | undefined;
    const beginAside = async (): Promise<SideTable | undefined> => {
      try {
        return await this.side.copy({
          target: target.table,
          columns: this.types.filter(({ name }) => source.columns.includes(name)),
          names: source.columns,
          rows: () => rowsAside(shares),
          signal: ended,
          explain: (error, copyInto) => explain(error, copyInto, (line) => order.numberOf(ASIDE, line)),
        });
      } catch (error) {
        const failure = failureOf(error, 'copying rows in a second session', target.table);
        failed.abort(failure);
        throw failure;
      }
    };
    const { side } = this;
    const own = async function* (): AsyncGenerator<Uint8Array> {
      yield COPY_HEADER;
      for (let window = await shares.next(OWN); window !== undefined; window = await shares.next(OWN)) {
        yield restOf(window, 0);
        if (aside !== undefined) continue;
        if (shares.ownBytes >= MAYBE_BYTES) side.begin();
        if (shares.ownBytes < WORTH_BYTES) continue;
        aside = beginAside();
        // It is waited for below.
        aside.catch(() => undefined);
      }
      yield* rows.remaining();
    };
    try {
      const onFull = (isFull: boolean): void => shares.ownIsFull(isFull);
      const count = await copyIn(client, sql, own(), { signal: ended, onFull });
      const table = await aside;
      if (table === undefined) return count;
      await bringIn(client, target, source.columns, table);
      await this.side.drop(client, table);
      return count + table.rows;
    } catch (error) {
      rows.end();
      failed.abort(error);
      throw explain(error, target.name, (line) => order.numberOf(OWN, line));
    }
  }
}

async function* rowsAside(shares: Shares): AsyncGenerator<Uint8Array> {
  yield COPY_HEADER;
  for (let window = await shares.next(ASIDE); window !== undefined; window = await shares.next(ASIDE))
    yield restOf(window, 0);
  yield COPY_TRAILER;
}

async function bringIn(
  client: ClientBase,
  { into, table }: CopyTarget,
  columns: readonly string[],
  side: SideTable,
): Promise<void> {
  const list = columns.map((column) => quoteName(column)).join(', ');
  try {
    const done = await client.query(
      `INSERT INTO ${into} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${side.sql}`,
    );
    if (done.rowCount !== side.rows) throw new TypeError(`${done.rowCount} of ${side.rows} rows came from beside`);
  } catch (error) {
    throw failureOf(error, 'bringing together what two sessions have copied', table);
  }
}
