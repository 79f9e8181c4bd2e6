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
import { PiecesAside } from './pieces-aside.js';
import { ASIDE, OWN, Shares } from './shares.js';
import type { SideSession, SideTable } from './side-session.js';

/** Rows into a table that keeps them all: some of them by a second COPY beside the first one, and from there by INSERT. */
export class AppendAside implements SecondSession {
  /** @param types Columns of the table. */
  constructor(
    private readonly side: SideSession,
    private readonly types: readonly ColumnType[],
  ) {}

  /** The first of the two sessions that fails ends the other. */
  async copy(
    client: ClientBase,
    target: CopyTarget,
    source: CopySource,
    { sql, signal, explain, onSent }: CopyAside,
  ): Promise<number> {
    const { side } = this;
    const order = new RowOrder();
    const rows = new SourceRows(source.chunks[Symbol.asyncIterator](), source.columns.length);
    const shares = new Shares(rows, order);
    const failed = new AbortController();
    const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const columns = this.types.filter(({ name }) => source.columns.includes(name));
    const pieces = new PiecesAside(shares, async (piece, before) => {
      try {
        return await side.copy({
          ...{ target: target.table, columns, names: source.columns, rows: piece, signal: ended },
          explain: (error, copyInto) => explain(error, copyInto, (line) => order.numberOf(ASIDE, before + line)),
        });
      } catch (error) {
        const failure = failureOf(error, 'copying rows in a second session', target.table);
        failed.abort(failure);
        throw failure;
      }
    });
    const progress = { isOver: false, copied: 0, brought: 0 };
    /** Until a piece waits to be brought in, or all rows are on their way. */
    const own = async function* (): AsyncGenerator<Uint8Array> {
      yield COPY_HEADER;
      for (let window = await shares.next(OWN); window !== undefined; window = await shares.next(OWN)) {
        yield restOf(window, 0);
        if (pieces.isReady) {
          yield COPY_TRAILER;
          return;
        }
        if (pieces.isBegun) continue;
        if (shares.ownBytes >= MAYBE_BYTES) side.begin();
        if (shares.ownBytes >= WORTH_BYTES) pieces.begin();
      }
      progress.isOver = true;
      yield* rows.remaining();
    };
    const sent = (): unknown => progress.isOver && !pieces.isBegun && onSent?.();
    const onFull = (isFull: boolean): void => shares.ownIsFull(isFull);
    try {
      do {
        onFull(false);
        progress.copied += await copyIn(client, sql, own(), { signal: ended, onFull, onSent: sent });
        while (progress.isOver || pieces.isReady) {
          const piece = await pieces.next();
          if (piece === undefined) break;
          await bringIn(client, target, source.columns, piece);
          await side.drop(client, piece);
          progress.brought += piece.rows;
        }
      } while (!progress.isOver);
      return progress.copied + progress.brought;
    } catch (error) {
      rows.end();
      failed.abort(error);
      throw explain(error, target.name, (line) => order.numberOf(OWN, progress.copied + line));
    }
  }
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
