import duckdb, { type Vector } from '@duckdb/node-bindings';

/** Which values of a vector are NULL. */
export class Validity {
  /** A bit per value, 0 for NULL; undefined when there is no NULL. */
  #bits: Uint8Array | undefined;

  load(vector: Vector, count: number): void {
    // Declared as always there; null when the vector has no mask.
    const bytes = duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8) as Uint8Array | null;
    this.#bits = bytes ?? undefined;
  }

  isNull(index: number): boolean {
    const bits = this.#bits;
    return bits !== undefined && ((bits[index >> 3] ?? 0) & (1 << (index & 7))) === 0;
  }
}
