import type { ClientBase } from 'pg';
import { abortable } from '../abortable.js';
import { Turns } from '../turns.js';
import type { GatheredRows } from './gathered-rows.js';
import { LiveRows, WindowBuffers } from './live-rows.js';
import { rowsOfPages, type LiveTable } from './live-table.js';
import { Matcher } from './matcher.js';
import { restOf, type RowsWindow } from './rows-window.js';
import { RowComparer } from './same-row.js';
import type { SourceRows } from './source-rows.js';

/** What is read at a time: little until it is known that it pays. */
const FIRST_RANGE_BYTES = 1024 * 1024;
const MAX_RANGE_BYTES = 4 * 1024 * 1024;
/** From here on rows that wait are staged between two ranges. */
const STAGE_BYTES = 1024 * 1024;
/** Rows that wait while a range is read: more of them, and it does not pay. */
const MAX_GATHERED_BYTES = 8 * 1024 * 1024;
/** Reading a row and comparing it costs a quarter of what staging and merging one does. */
const READ_FOR_ONE = 4;

export interface ComparisonOptions {
  gathered: GatheredRows;
  /** First page of the live table that is read. */
  page: number;
  /** The first windows of the source. */
  ahead: readonly RowsWindow[];
  /** Stages what was gathered. */
  stage: () => Promise<void>;
  signal: AbortSignal | undefined;
}

/** Compares a source with the live table for as long as that pays. Rows that are to be staged are gathered. */
export class Comparison {
  readonly #matcher: Matcher;
  readonly #buffers = new WindowBuffers();
  readonly #ahead: RowsWindow[];
  #page: number;
  #rangeBytes = FIRST_RANGE_BYTES;
  #ranges = 0;
  /** Being read, and the next one. */
  #reading: LiveRows | undefined;
  #coming: LiveRows | undefined;
  #isEnding = false;
  #rowsRead = 0;
  /** At the end of the last range. */
  #seen = 0;
  #leftOut = 0;
  readonly #turns = new Turns();

  constructor(
    private readonly client: ClientBase,
    private readonly table: LiveTable,
    private readonly source: SourceRows,
    private readonly options: ComparisonOptions,
  ) {
    const { key, columns } = table;
    this.#matcher = new Matcher({ key, comparer: new RowComparer(columns), gathered: options.gathered });
    this.#page = options.page;
    this.#ahead = [...options.ahead];
  }

  /** Rows of the source that are done with. */
  get seen(): number {
    return this.#matcher.seen;
  }

  get leftOut(): number {
    return this.#matcher.leftOut;
  }

  /** Returns when the source has ended, or when it does not pay any more. The session is free then, also after an error, but for an abort. */
  async run(): Promise<void> {
    const { gathered, signal } = this.options;
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#turns.isOver) await this.#turns.give();
        const wanted = this.#matcher.run();
        if (wanted === 'lost' || gathered.bytes > MAX_GATHERED_BYTES) return;
        if (wanted === 'source') {
          const window = this.#ahead.shift() ?? (await abortable(this.source.next(), signal));
          if (window === undefined) return;
          this.#matcher.addSource(window);
        } else if (!(await this.#readOn())) return;
      }
    } finally {
      await this.#stopReading();
    }
  }

  /** Whether `left` yields anything. */
  get hasLeft(): boolean {
    const { source, sourceRow } = this.#matcher;
    return this.#ahead.length > 0 || (source !== undefined && sourceRow < source.count);
  }

  /** The source's rows that are not done with, but for those that it has not yielded yet. */
  *left(): Generator<Uint8Array> {
    const { source, sourceRow } = this.#matcher;
    if (source !== undefined) yield restOf(source, sourceRow);
    for (const window of this.#ahead) yield restOf(window, 0);
  }

  /** False at the end of the table, or when it does not pay any more. */
  async #readOn(): Promise<boolean> {
    const { signal, gathered, stage } = this.options;
    // Its bytes are used again.
    this.#matcher.addLive(undefined);
    for (;;) {
      if (this.#reading !== undefined) {
        const window = await abortable(this.#reading.next(), signal);
        if (window !== undefined) {
          this.#matcher.addLive(window);
          return true;
        }
        this.#rowsRead += this.#reading.rows;
        this.#reading = undefined;
        if (!this.#pays()) return false;
      }
      if (this.#coming === undefined) {
        if (gathered.bytes > STAGE_BYTES) await stage();
        if (this.#page >= this.table.pages) return false;
        this.#reading = this.#submit();
      } else {
        this.#reading = this.#coming;
        this.#coming = undefined;
      }
    }
  }

  #submit(): LiveRows {
    const { table } = this;
    const from = this.#page;
    const to = Math.min(table.pages, from + Math.ceil(this.#rangeBytes / table.pageBytes));
    this.#page = to;
    this.#rangeBytes = Math.min(2 * this.#rangeBytes, MAX_RANGE_BYTES);
    this.#ranges += 1;
    const isFirst = this.#ranges === 1;
    const rows = new LiveRows(rowsOfPages(table, from, to), this.#buffers);
    // The server goes on while the rows are compared. After the first range it is to be seen whether it pays.
    rows.onFree = () => {
      if (isFirst || this.#isEnding || this.#page >= table.pages) return;
      if (this.options.gathered.bytes <= STAGE_BYTES) this.#coming = this.#submit();
    };
    this.client.query(rows);
    return rows;
  }

  /** Of the rows of the last range half were there already, and of all rows that were read enough were of use. */
  #pays(): boolean {
    const { seen, leftOut } = this.#matcher;
    const isMostly = (leftOut - this.#leftOut) * 2 >= seen - this.#seen;
    this.#seen = seen;
    this.#leftOut = leftOut;
    return isMostly && leftOut * READ_FOR_ONE >= this.#rowsRead;
  }

  /** After an abort the session is ended: nothing is waited for. */
  async #stopReading(): Promise<void> {
    this.#isEnding = true;
    this.#matcher.addLive(undefined);
    for (const rows of [this.#reading, this.#coming]) {
      const dropped = rows?.drop();
      if (this.options.signal?.aborted !== true) await dropped;
    }
  }
}
