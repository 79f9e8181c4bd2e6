import duckdb, { type Vector } from '@duckdb/node-bindings';

type Numbers =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
interface NumbersOf<T extends Numbers> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** A copy of a vector's data, `perValue` numbers for each value: DuckDB lays them out as the machine does, little-endian. */
export function numbersOf<T extends Numbers>(vector: Vector, count: number, perValue: number, kind: NumbersOf<T>): T {
  const bytes = duckdb.vector_get_data(vector, count * perValue * kind.BYTES_PER_ELEMENT);
  return new kind(bytes.buffer, bytes.byteOffset, count * perValue);
}
