import type { KeyPlace, RowKey } from './row-key.js';

/** So many keys are known one by one. */
const MAX_KEYS = 10_000;

/**
 * Keys of the rows that were staged so far. A row that is the same as the live one may be left out only where none of them is its own: of
 * the rows with its key the last one then is the live one, or is staged. When there are many, all keys up to the highest pass for staged.
 */
export class StagedKeys {
  readonly #texts = new Set<string>();
  #highest: KeyPlace | undefined;
  /** All up to this one pass for staged. */
  #floor: KeyPlace | undefined;

  constructor(private readonly key: RowKey) {}

  get isEmpty(): boolean {
    return this.#highest === undefined;
  }

  add(place: KeyPlace): void {
    this.#texts.add(this.key.text(place));
    if (this.#highest === undefined || this.key.compare(place, this.#highest) > 0) this.#highest = this.key.copy(place);
    if (this.#texts.size < MAX_KEYS) return;
    this.#floor = this.#highest;
    this.#texts.clear();
  }

  has(place: KeyPlace): boolean {
    if (this.#highest === undefined || this.key.compare(place, this.#highest) > 0) return false;
    if (this.#floor !== undefined && this.key.compare(place, this.#floor) <= 0) return true;
    return this.#texts.has(this.key.text(place));
  }
}
