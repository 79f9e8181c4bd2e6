import { viewOf } from '../binary/view.js';
import type { ColumnType, ValueType } from '../encode/column-types.js';
import { startOf, type RowsWindow } from './rows-window.js';
import { sameBytes } from './same-bytes.js';

/** Types whose values are equal when their bytes are, and whose bytes are the server's own whoever has written them. */
const SIGNED: Readonly<Record<string, number>> = { int2: 2, int4: 4, int8: 8, date: 4, timestamp: 8, timestamptz: 8 };
const BYTES: ReadonlySet<string> = new Set(['uuid', 'bytea', 'text', 'varchar']);

interface KeyPart {
  /** In the order of the row's fields. */
  column: number;
  /** Bytes of a signed number; 0: bytes that are ordered one by one. */
  signed: number;
  /** Of a text that the server may cut spaces from, in characters. */
  maxLength: number;
}

/** Where the fields of one row's key lie: start and end of each. */
export interface KeyPlace {
  view: DataView;
  bytes: Buffer;
  at: Int32Array;
}

/** The primary key of rows, in binary. */
export class RowKey {
  readonly #parts: readonly KeyPart[];
  /** The part that a field is, by its number; -1: none. */
  readonly #partOf: Int32Array;

  private constructor(parts: readonly KeyPart[]) {
    this.#parts = parts;
    this.#partOf = new Int32Array(Math.max(...parts.map(({ column }) => column)) + 1).fill(-1);
    for (const [index, { column }] of parts.entries()) this.#partOf[column] = index;
  }

  /** Undefined where a column's equality is not that of its bytes. The collations must be looked at besides. */
  static of(key: readonly string[], columns: readonly ColumnType[]): RowKey | undefined {
    const parts = key.flatMap((name) => {
      const column = columns.findIndex((one) => one.name === name);
      const type = columns[column];
      return (type === undefined ? undefined : partOf(type, column)) ?? [];
    });
    return key.length > 0 && parts.length === key.length ? new RowKey(parts) : undefined;
  }

  place(): KeyPlace {
    const bytes = Buffer.alloc(0);
    return { bytes, view: viewOf(bytes), at: new Int32Array(2 * this.#parts.length) };
  }

  /** Finds the key of a row. False for one that has none, or one that the server would spell in another way. */
  find(window: RowsWindow, row: number, place: KeyPlace): boolean {
    const { view } = window;
    place.view = view;
    place.bytes = window.bytes;
    let at = startOf(window, row) + 2;
    for (const part of this.#partOf) {
      const length = view.getInt32(at);
      at += 4;
      if (part >= 0) {
        if (length < 0) return false;
        place.at[2 * part] = at;
        place.at[2 * part + 1] = at + length;
        const { signed = 0, maxLength = 0 } = this.#parts[part] ?? {};
        if (
          signed > 0 ? length !== signed : length > maxLength && characters(window.bytes, at, at + length) > maxLength
        )
          return false;
      }
      if (length > 0) at += length;
    }
    return true;
  }

  same(one: KeyPlace, other: KeyPlace): boolean {
    for (let at = 0; at < one.at.length; at += 2) {
      const [from = 0, otherFrom = 0] = [one.at[at], other.at[at]];
      const length = (one.at[at + 1] ?? 0) - from;
      if (length !== (other.at[at + 1] ?? 0) - otherFrom) return false;
      if (!sameBytes(one.view, from, one.bytes, other.view, otherFrom, other.bytes, length)) return false;
    }
    return true;
  }

  /** Below 0, 0 or above 0: an order of keys, 0 for those that are equal alone. It need not be the order of the index. */
  compare(one: KeyPlace, other: KeyPlace): number {
    for (const [part, { signed }] of this.#parts.entries()) {
      const [from = 0, to = 0] = [one.at[2 * part], one.at[2 * part + 1]];
      const [otherFrom = 0, otherTo = 0] = [other.at[2 * part], other.at[2 * part + 1]];
      const order =
        signed > 0
          ? compareSigned(one.view, from, other.view, otherFrom, signed)
          : one.bytes.compare(other.bytes, otherFrom, otherTo, from, to);
      if (order !== 0) return order;
    }
    return 0;
  }

  /** The same text for the same key, and for no other. */
  text({ bytes, at }: KeyPlace): string {
    let text = '';
    // With the length that stands before each field.
    for (let part = 0; part < at.length; part += 2)
      text += bytes.toString('latin1', (at[part] ?? 0) - 4, at[part + 1] ?? 0);
    return text;
  }

  /** The bytes of each field of a key. */
  fields({ bytes, at }: KeyPlace): Buffer[] {
    return this.#parts.map((_part, index) => bytes.subarray(at[2 * index], at[2 * index + 1]));
  }

  /** A key that lives on when its row's bytes do not. */
  copy(place: KeyPlace): KeyPlace {
    const bytes = Buffer.concat(this.fields(place));
    const at = new Int32Array(place.at.length);
    let end = 0;
    for (let part = 0; part < at.length; part += 2) {
      at[part] = end;
      end += (place.at[part + 1] ?? 0) - (place.at[part] ?? 0);
      at[part + 1] = end;
    }
    return { bytes, view: viewOf(bytes), at };
  }
}

function partOf(type: ValueType, column: number): KeyPart | undefined {
  if (type.underlying !== undefined) return partOf(type.underlying, column);
  if (type.kind === 'enum') return { column, signed: 0, maxLength: Infinity };
  if (type.kind !== 'base') return undefined;
  const length = /^character varying\((\d+)\)$/.exec(type.type)?.[1];
  if (length !== undefined) return { column, signed: 0, maxLength: Number(length) };
  // One of a given precision is rounded by the server.
  if (type.type.includes('(')) return undefined;
  const signed = SIGNED[type.base];
  if (signed !== undefined) return { column, signed, maxLength: Infinity };
  return BYTES.has(type.base) ? { column, signed: 0, maxLength: Infinity } : undefined;
}

function compareSigned(one: DataView, at: number, other: DataView, otherAt: number, bytes: number): number {
  if (bytes === 2) return one.getInt16(at) - other.getInt16(otherAt);
  const order = one.getInt32(at) - other.getInt32(otherAt);
  return order !== 0 || bytes === 4 ? order : one.getUint32(at + 4) - other.getUint32(otherAt + 4);
}

/** Of UTF-8. */
function characters(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) count += 1;
  return count;
}
