import type { CsvStructure } from '../../tables/csv-structure.js';
import type { Block } from '../binary/block.js';
import { EXTRA_BYTES, NOT_SURE, type Spelling } from '../spelling/spelling.js';
import { writeUnquoted } from '../spelling/text.js';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Writes rows of CSV, whose structure is known, as rows of binary COPY. */
export class CsvRowWriter {
  lineEnd: '\n' | '\r\n' | undefined;
  readonly fixedBytes: number;
  readonly #spellings: readonly Spelling[];

  constructor(spellings: readonly Spelling[]) {
    this.#spellings = spellings;
    this.fixedBytes = 2 + spellings.length * EXTRA_BYTES;
  }

  /**
   * Writes rows from the start of the indexed bytes up to the first one that does not end there or is not sure.
   * @param found Marks that `index` has found.
   * @returns the bytes of CSV that were written, and where in the block they end
   */
  write(csv: CsvStructure, found: number, block: Block, start: number): { read: number; at: number } {
    const { marks, memory } = csv;
    const width = this.#spellings.length;
    let read = 0;
    let at = start;
    for (let first = 0; first + width <= found; first += width) {
      const end = marks[first + width - 1] ?? 0;
      // A row that is shorter or longer: the server says so.
      if (memory[end] !== LF || !this.#endsAlike(memory, read, end)) break;
      const next = this.#writeRow(csv, first, read, block, at);
      if (next === NOT_SURE) break;
      at = next;
      read = end + 1;
    }
    return { read, at };
  }

  #endsAlike(memory: Uint8Array, start: number, end: number): boolean {
    const lineEnd = end > start && memory[end - 1] === CR ? '\r\n' : '\n';
    this.lineEnd ??= lineEnd;
    return lineEnd === this.lineEnd;
  }

  #writeRow({ marks, memory }: CsvStructure, first: number, start: number, block: Block, rowStart: number): number {
    const spellings = this.#spellings;
    const width = spellings.length;
    const last = width - 1;
    const ending = this.lineEnd === '\r\n' ? 1 : 0;
    const rowEnd = marks[first + last] ?? 0;
    // The binary form of each field fits what its spelling takes and what the block has in reserve for each.
    block.ensure(rowStart, rowEnd - start);
    block.view.setInt16(rowStart, width);
    let at = rowStart + 2;
    let from = start;
    for (let column = 0; column < width; column++) {
      const mark = marks[first + column] ?? 0;
      const to = column === last ? mark - ending : mark;
      // A line end too early. Within the row there are no others.
      if (column !== last && memory[mark] === LF) return NOT_SURE;
      const spelling = spellings[column];
      if (spelling === undefined) return NOT_SURE;
      if (from === to) {
        block.view.setInt32(at, -1);
        at += 4;
      } else {
        if (memory[from] !== QUOTE) at = spelling.write(block, at, memory, from, to);
        else if (spelling.version !== undefined)
          at = writeUnquoted(spelling.version, block, at, memory, from + 1, to - 1);
        else at = spelling.write(block, at, memory, from + 1, to - 1);
        if (at === NOT_SURE) return NOT_SURE;
      }
      from = mark + 1;
    }
    return at;
  }
}
