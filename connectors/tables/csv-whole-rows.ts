import { STRUCTURE_BYTES, type CsvStructure } from './csv-structure.js';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Fewer bytes are not worth the way through WebAssembly. */
const MIN_BYTES = 512;

/** The current row's watched fields, as `onRow` finds them. */
export interface RowFields {
  rows: number;
  watched: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly present: Uint8Array;
}

/** Takes the rows that lie within a chunk as a whole and have nothing odd about them: nearly all rows of nearly all files. */
export class WholeRows {
  private readonly watchedColumns: Int32Array;
  private readonly keeps: Uint8Array;

  /** `watch` in the order of the slots. */
  constructor(
    private readonly columns: number,
    watch: readonly { index: number; bytes: boolean }[],
    private readonly onRow?: (end: number) => void,
  ) {
    this.watchedColumns = Int32Array.from(watch, ({ index }) => index);
    this.keeps = Uint8Array.from(watch, ({ bytes }) => (bytes ? 1 : 0));
  }

  /**
   * Takes all such rows from `from`, where a row starts. Returns where the first other one starts: one that is cut by the chunk's end,
   * or that only a look at each byte can judge. `offset` is the chunk's place in the stream.
   */
  take(csv: CsvStructure, fields: RowFields, chunk: Uint8Array, from: number, offset: number): number {
    const { columns } = this;
    let start = from;
    while (chunk.length - start >= MIN_BYTES) {
      const found = csv.index(chunk.subarray(start, start + STRUCTURE_BYTES));
      const rows = csv.lines;
      if (rows === 0 || rows * columns > found || !this.areRegular(csv, rows)) break;
      if (this.onRow === undefined) fields.rows += rows;
      else this.tell(csv, fields, rows, offset + start, this.onRow);
      start += (csv.marks[rows * columns - 1] ?? 0) + 1;
    }
    return start;
  }

  /** As many line feeds as rows, and one at the place where each row must have its own: then no row is longer or shorter. */
  private areRegular({ marks, memory }: CsvStructure, rows: number): boolean {
    const { columns } = this;
    for (let last = columns - 1; last < rows * columns; last += columns) {
      if (memory[marks[last] ?? 0] !== LF) return false;
    }
    return true;
  }

  private tell(csv: CsvStructure, fields: RowFields, rows: number, offset: number, onRow: (end: number) => void): void {
    const { columns, watchedColumns, keeps } = this;
    const { marks, memory } = csv;
    const own = fields.watched;
    fields.watched = memory;
    let start = 0;
    for (let first = 0; first < rows * columns; first += columns) {
      let scratch = csv.scratchAt;
      for (let slot = 0; slot < watchedColumns.length; slot += 1) {
        const column = watchedColumns[slot] ?? 0;
        let from = column === 0 ? start : (marks[first + column - 1] ?? 0) + 1;
        let to = marks[first + column] ?? 0;
        if (column === columns - 1 && to > from && memory[to - 1] === CR) to -= 1;
        fields.present[slot] = to > from ? 1 : 0;
        if (keeps[slot] === 1 && memory[from] === QUOTE) {
          const end = unquote(memory, from, to, scratch);
          from = scratch;
          scratch = to = end;
        }
        fields.starts[slot] = from;
        fields.ends[slot] = to;
      }
      start = (marks[first + columns - 1] ?? 0) + 1;
      fields.rows += 1;
      onRow(offset + start);
    }
    fields.watched = own;
  }
}

/** Copies a field to `target` without its quotes, doubled ones once. Returns where the copy ends. */
function unquote(memory: Uint8Array, from: number, to: number, target: number): number {
  let filled = target;
  for (let at = from + 1; at < to - 1; at += 1) {
    memory[filled++] = memory[at] ?? 0;
    // The second half of a doubled quote.
    if (memory[at] === QUOTE) at += 1;
  }
  return filled;
}
