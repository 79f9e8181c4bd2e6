import { TidemarkError } from '../../../contracts/errors.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { ColumnType } from '../encode/column-types.js';
import { createRowEncoder } from '../encode/row-encoder.js';
import type { JavaScriptRows, PostgresRow, TableOf } from '../port.js';
import { createLenientEncoder } from '../quarantine/lenient-encoder.js';
import { quoteTable } from '../quote.js';
import type { CopySource, Portion } from './portion.js';
import { binarySink, textSink, type RowSink } from './row-sink.js';

/** Rows are handed on in pieces of at least this many bytes. */
const PIECE_BYTES = 64 * 1024;

/**
 * Rows of many tables, mixed, as one COPY after the other. The table of the first row is loaded directly, rows of others wait; when
 * `maxBuffer` of them wait for one table it is that table's turn: first those that wait, then the next ones directly. At the end come the
 * rows that wait still. The order within a table is kept. Rows of tables that are not asked for are skipped.
 */
export async function* javaScriptPortions(
  rows: JavaScriptRows,
  tables: readonly PostgresTable[],
  maxBuffer: number,
): AsyncGenerator<Portion> {
  const router = new Router(rows, tables, maxBuffer);
  try {
    await router.findFirst();
    for (let table = router.takeTurn(); table !== undefined; table = router.takeTurn()) {
      const current = table;
      yield {
        table: current,
        open: (types, firstRow, isLenient) => router.copySource(current, types, firstRow, isLenient),
      };
    }
  } finally {
    router.end();
  }
}

class Router {
  /** Whose rows come next. */
  #turn: PostgresTable | undefined;
  #isAtEnd = false;
  readonly #iterator: Iterator<readonly [TableOf, PostgresRow]> | AsyncIterator<readonly [TableOf, PostgresRow]>;
  readonly #queues: Map<PostgresTable, PostgresRow[]>;
  readonly #byName: Map<string, PostgresTable>;
  /** Tables with a row that binary COPY could not take: the next ones will be like it. */
  readonly #isText = new Set<PostgresTable>();
  /** A source names its tables by few objects: each is looked up once. */
  readonly #known = new WeakMap<object, { table: PostgresTable | undefined }>();

  constructor(
    rows: JavaScriptRows,
    tables: readonly PostgresTable[],
    private readonly maxBuffer: number,
  ) {
    this.#iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
    this.#queues = new Map(tables.map((table) => [table, []]));
    this.#byName = new Map(tables.map((table) => [quoteTable(table), table]));
  }

  /** Waits for the first row that is to go anywhere. */
  async findFirst(): Promise<void> {
    while (this.#turn === undefined && !this.#isAtEnd) {
      const next = await this.#iterator.next();
      if (next.done === true) this.#isAtEnd = true;
      else {
        const [table, row] = pairOf(next.value);
        this.#turn = this.#tableOf(table);
        if (this.#turn !== undefined) this.#queueOf(this.#turn).push(row);
      }
    }
  }

  /** The table whose rows come next; undefined when there are no more. */
  takeTurn(): PostgresTable | undefined {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn !== undefined) return turn;
    if (!this.#isAtEnd) throw new TypeError('a portion was not used up');
    for (const [table, queue] of this.#queues) if (queue.length > 0) return table;
    return undefined;
  }

  /** Binary as long as all rows have a value that is known to mean what the server would read; from then on text, for this table. */
  copySource(table: PostgresTable, types: readonly ColumnType[], firstRow: number, isLenient: boolean): CopySource {
    const options = { table: quoteTable(table) };
    const asText = (rowNumber: number): CopySource =>
      this.#source(table, textSink((isLenient ? createLenientEncoder : createRowEncoder)(types, options)), rowNumber);
    const sink = isLenient || this.#isText.has(table) ? undefined : binarySink(types, options);
    return sink === undefined ? asText(firstRow) : this.#source(table, sink, firstRow, asText);
  }

  /** Tells the source that no more is wanted, where it is not at its end. One that is stuck is not waited for. */
  end(): void {
    if (this.#isAtEnd) return;
    void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
  }

  /** @param ofRest What takes the rows from one on that the sink could not take. */
  #source(
    table: PostgresTable,
    sink: RowSink,
    firstRow: number,
    ofRest?: (rowNumber: number) => CopySource,
  ): CopySource {
    let stoppedAt: number | undefined;
    return {
      columns: table.columns.map(({ name }) => name),
      format: sink.format,
      chunks: this.#chunks(table, sink, firstRow, (rowNumber) => {
        stoppedAt = rowNumber;
        this.#isText.add(table);
      }),
      rest: () => (stoppedAt === undefined ? undefined : ofRest?.(stoppedAt)),
    };
  }

  async *#chunks(
    table: PostgresTable,
    sink: RowSink,
    firstRow: number,
    stopped: (rowNumber: number) => void,
  ): AsyncGenerator<Uint8Array> {
    let rowNumber = firstRow;
    const queue = this.#queueOf(table).splice(0);
    for (const [index, row] of queue.entries()) {
      if (!sink.add(row, rowNumber)) {
        // Not one by one as arguments: there may be more than a call can take.
        this.#queues.set(table, queue.slice(index));
        stopped(rowNumber);
        yield sink.end();
        return;
      }
      rowNumber += 1;
      if (sink.size >= PIECE_BYTES) yield sink.take();
    }
    while (!this.#isAtEnd && this.#turn === undefined) {
      const step = this.#iterator.next();
      // Awaiting what is there already would cost as much as encoding it.
      const next = isPromise(step) ? await step : step;
      if (next.done === true) {
        this.#isAtEnd = true;
        break;
      }
      const [name, row] = pairOf(next.value);
      const of = this.#tableOf(name);
      if (of === table) {
        if (!sink.add(row, rowNumber)) {
          this.#queueOf(table).push(row);
          stopped(rowNumber);
          break;
        }
        rowNumber += 1;
        if (sink.size >= PIECE_BYTES) yield sink.take();
      } else if (of !== undefined) {
        const others = this.#queueOf(of);
        others.push(row);
        if (others.length >= this.maxBuffer) this.#turn = of;
      }
    }
    const last = sink.end();
    if (last.length > 0) yield last;
  }

  #queueOf(table: PostgresTable): PostgresRow[] {
    const queue = this.#queues.get(table);
    if (queue === undefined) throw new TypeError('a table that is not of the call');
    return queue;
  }

  #tableOf(name: TableOf): PostgresTable | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known.table;
    const table = this.#byName.get(quoteTable(name));
    this.#known.set(name, { table });
    return table;
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** Sources in plain JavaScript get this wrong easily. */
function pairOf(value: readonly [TableOf, PostgresRow]): readonly [TableOf, PostgresRow] {
  const given: unknown = value;
  if (Array.isArray(given) && given.length === 2 && Array.isArray(given[1])) {
    const [table] = value;
    if (typeof table === 'object' && typeof table.schema === 'string' && typeof table.name === 'string') return value;
  }
  throw new TidemarkError('A source yielded something else than a pair of table and row.', {
    code: 'INGEST_SOURCE_BAD',
    retryable: false,
    mend: 'Yield [table, row]: the table as { schema, name }, the row as an array of values in the order of the columns.',
  });
}
