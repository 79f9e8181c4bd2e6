import type { Client, ClientBase } from 'pg';
import { COPY_HEADER } from '../binary/copy-format.js';
import { copyIn } from '../copy.js';
import type { ColumnType } from '../encode/column-types.js';
import { failureOf } from '../failure-of.js';
import type { CopySource, CopyTarget } from '../load/portion.js';
import { restOf, type RowsWindow } from '../unchanged/rows-window.js';
import { SourceRows } from '../unchanged/source-rows.js';
import { type CopyAside, type SecondSession, WORTH_BYTES } from './second-session.js';
import { pieceOf } from './piece-of.js';
import type { SideSession, SideTable } from './side-session.js';

/** Each piece is so many times the one before: merging takes longer than copying, and of small pieces there would be too many. */
const GROWTH = 1.5;

export interface UpsertAsideOptions {
  side: SideSession;
  /**
   * Merges what was staged before, so many rows. Returns the columns that the tables of pieces are to have; undefined, and nothing done,
   * where rows are not to be merged in pieces.
   */
  begin: (client: ClientBase) => Promise<{ columns: readonly ColumnType[]; merged: number } | undefined>;
  /** In the second session: makes a piece ready to be merged. */
  ready: (client: Client, sql: string) => Promise<void>;
  /** Merges a piece, and takes its table away. Returns whether it pays to go on. */
  merge: (client: ClientBase, piece: SideTable) => Promise<boolean>;
}

interface Begun {
  rows: SourceRows;
  ahead: RowsWindow[];
  columns: readonly ColumnType[];
}

/** Rows that are to be merged: a second session copies them in pieces, each of which is merged while it copies the next. */
export class UpsertAside implements SecondSession {
  /** Rows that are merged already. */
  merged = 0;

  constructor(private readonly options: UpsertAsideOptions) {}

  async copy(client: ClientBase, target: CopyTarget, source: CopySource, options: CopyAside): Promise<number> {
    const { sql, signal, explain } = options;
    const rows = new SourceRows(source.chunks[Symbol.asyncIterator](), source.columns.length);
    let count = 0;
    try {
      const ahead = await rows.readAhead(WORTH_BYTES, signal);
      const begun = rows.isOver ? undefined : await this.options.begin(client);
      if (begun !== undefined) {
        this.merged += begun.merged;
        count = await this.#inPieces(client, target, source, { ...options, rows, ahead, columns: begun.columns });
      }
      if (ahead.length === 0 && rows.isAtEnd) return count;
      const rest = async function* (): AsyncGenerator<Uint8Array> {
        yield COPY_HEADER;
        yield* ahead.map((window) => restOf(window, 0));
        yield* rows.remaining();
      };
      const inPieces = count;
      try {
        return inPieces + (await copyIn(client, sql, rest(), { signal }));
      } catch (error) {
        throw explain(error, target.name, (line) => inPieces + line);
      }
    } catch (error) {
      rows.end();
      throw error;
    }
  }

  /** Returns the rows of all pieces. What of the source is left is for the first session: `ahead`, and then the rest. */
  async #inPieces(
    client: ClientBase,
    target: CopyTarget,
    source: CopySource,
    { rows, ahead, columns, signal, explain }: CopyAside & Begun,
  ): Promise<number> {
    const failed = new AbortController();
    const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    let bytes = WORTH_BYTES;
    let behind = 0;
    const copyNext = async (): Promise<SideTable | undefined> => {
      const before = behind;
      const piece = pieceOf(async () => ahead.shift() ?? (await rows.next()), bytes);
      bytes *= GROWTH;
      try {
        const table = await this.options.side.copy({
          target: target.table,
          columns,
          names: source.columns,
          rows: () => piece,
          finish: this.options.ready,
          signal: ended,
          explain: (error, copyInto) => explain(error, copyInto, (line) => before + line),
        });
        behind += table?.rows ?? 0;
        return table;
      } catch (error) {
        throw failureOf(error, 'copying rows in a second session', target.table);
      }
    };
    try {
      let pays = true;
      for (let piece = await copyNext(); piece !== undefined;) {
        const next = pays && !rows.isOver ? copyNext() : undefined;
        // It is waited for below.
        next?.catch(() => undefined);
        pays = await this.options.merge(client, piece);
        this.merged += piece.rows;
        piece = await next;
      }
      return behind;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }
}
