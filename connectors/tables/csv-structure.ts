import { CSV_STRUCTURE_CODE } from './csv-structure-code.js';

/** Bytes that are indexed at a time. */
export const STRUCTURE_BYTES = 65_536;
/** Where the marks begin in the module's memory, and where the room behind them does. */
const MARKS_AT = 0x11000;
const SCRATCH_AT = MARKS_AT + 4 * STRUCTURE_BYTES;

/** Node has WebAssembly; the types of this project (no DOM) do not: as much of it as is used here. */
interface WebAssemblyLike {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: StructureExports };
}

interface StructureExports {
  memory: { buffer: ArrayBuffer };
  lines: { value: number };
  index: (length: number) => number;
}

/**
 * Finds commas and line feeds outside quotes, 64 bytes at a time, where looking at one byte after another in JavaScript would take
 * four times as long. What it finds is valid until the next call of `index`, whoever makes it: all share one memory.
 */
export class CsvStructure {
  /** Begins with the bytes that were indexed. */
  readonly memory: Uint8Array;
  /** Offsets in `memory` of what was found, ascending. */
  readonly marks: Uint32Array;
  /** From here on `memory` has room for as many bytes as were indexed, for the caller's own use. */
  readonly scratchAt = SCRATCH_AT;

  private constructor(private readonly exports: StructureExports) {
    const { buffer } = exports.memory;
    this.memory = new Uint8Array(buffer);
    this.marks = new Uint32Array(buffer, MARKS_AT, STRUCTURE_BYTES);
  }

  /** Undefined on a processor for which WebAssembly has no vector instructions. */
  static load(): CsvStructure | undefined {
    const { WebAssembly: wasm } = globalThis as typeof globalThis & { WebAssembly?: WebAssemblyLike };
    const code = Buffer.from(CSV_STRUCTURE_CODE, 'base64');
    if (wasm?.validate(code) !== true) return undefined;
    return new CsvStructure(new wasm.Instance(new wasm.Module(code)).exports);
  }

  /**
   * Indexes at most `STRUCTURE_BYTES` bytes, which must begin at the start of a row. Returns the number of marks. Where the bytes are
   * no CSV that all readers agree about, it stops before that place.
   */
  index(bytes: Uint8Array): number {
    this.memory.set(bytes);
    return this.exports.index(bytes.length);
  }

  /** How many of the marks are line feeds. */
  get lines(): number {
    return this.exports.lines.value;
  }
}
