import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { Block } from './block.js';
import type { Validity } from './validity.js';
import { viewOf } from './view.js';

/** DuckDB keeps strings up to this length within the vector: 16 bytes, the first four of them the length. */
const INLINE_BYTES = 12;
/** Longer ones lie elsewhere. What is fetched from there at once, more only for a single longer string. */
const RUN_BYTES = 512 * 1024;
/** Up to this length a loop costs less than a native call and the view that it needs. */
const LOOP_BYTES = 256;

/**
 * The bytes of a vector of VARCHAR or BLOB. A string of more than 12 bytes is reached by a pointer, and following one costs a native
 * call, many times what its bytes cost. But DuckDB lays the strings of a chunk one after the other when it copies the chunk for a result:
 * where the next pointer is the last one's end, one call fetches both, so it takes a few calls per chunk and not one per string.
 * Where they lie apart it takes more calls, nothing else changes. The chunk must live until its last string is copied.
 */
export class Strings {
  #words: Uint32Array = new Uint32Array();
  #inline: Uint8Array = new Uint8Array();
  #count = 0;
  /** Bytes of the strings from index `#runStart` up to `#runEnd`, and where each one begins in there. */
  #run: Uint8Array = new Uint8Array();
  #runView = new DataView(this.#run.buffer);
  #runStart = 0;
  #runEnd = 0;
  #offsets = new Int32Array();
  #runHasNul = false;

  /** @param validity Of the same chunk. */
  constructor(private readonly validity: Validity) {}

  read(vector: Vector, count: number): void {
    const bytes = duckdb.vector_get_data(vector, count * 16);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 4);
    this.#inline = bytes;
    this.#count = count;
    if (this.#offsets.length < count) this.#offsets = new Int32Array(count);
    this.#runStart = 0;
    this.#runEnd = 0;
  }

  /** In bytes. */
  lengthOf(index: number): number {
    return this.#words[index * 4] ?? 0;
  }

  /** Copies a string to where there is room for it, and returns whether it holds a NUL. */
  copy(index: number, block: Block, at: number): boolean {
    const length = this.lengthOf(index);
    if (length <= INLINE_BYTES) {
      copyShort(this.#inline, index * 16 + 4, length, block.bytes, at);
      return holdsNul(block.bytes, at, length);
    }
    if (index < this.#runStart || index >= this.#runEnd) this.#fetch(index);
    const from = this.#offsets[index] ?? 0;
    if (length <= LOOP_BYTES) copyWords(this.#runView, from, length, block.view, at);
    else block.bytes.set(this.#run.subarray(from, from + length), at);
    return this.#runHasNul && holdsNul(block.bytes, at, length);
  }

  #fetch(index: number): void {
    const start = this.#pointerAt(index);
    let bytes = this.lengthOf(index);
    let end = index + 1;
    this.#offsets[index] = 0;
    for (; end < this.#count && bytes < RUN_BYTES; end++) {
      const length = this.lengthOf(end);
      // What stands there for NULL means nothing.
      if (length <= INLINE_BYTES || this.validity.isNull(end)) continue;
      if (this.#pointerAt(end) !== start + bytes) break;
      this.#offsets[end] = bytes;
      bytes += length;
    }
    const { buffer, byteOffset } = this.#words;
    // A Uint32Array over the library's own bytes: never shared memory.
    this.#run = duckdb.get_data_from_pointer(buffer as ArrayBuffer, byteOffset + index * 16 + 8, bytes);
    this.#runView = viewOf(this.#run);
    this.#runHasNul = this.#run.includes(0);
    this.#runStart = index;
    this.#runEnd = end;
  }

  /** Addresses of a process stay below 2^48, so a number holds them exactly. */
  #pointerAt(index: number): number {
    return (this.#words[index * 4 + 3] ?? 0) * 0x1_0000_0000 + (this.#words[index * 4 + 2] ?? 0);
  }
}

function copyShort(source: Uint8Array, from: number, length: number, target: Uint8Array, at: number): void {
  for (let place = 0; place < length; place++) target[at + place] = source[from + place] ?? 0;
}

/** Four bytes at a time; at least four. */
function copyWords(source: DataView, from: number, length: number, target: DataView, at: number): void {
  const last = length - 4;
  for (let place = 0; place < last; place += 4) target.setUint32(at + place, source.getUint32(from + place));
  target.setUint32(at + last, source.getUint32(from + last));
}

function holdsNul(bytes: Uint8Array, at: number, length: number): boolean {
  for (let place = at; place < at + length; place++) if (bytes[place] === 0) return true;
  return false;
}
