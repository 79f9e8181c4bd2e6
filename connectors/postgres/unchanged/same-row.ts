import type { ValueType } from '../encode/column-types.js';
import { endOf, startOf, type RowsWindow } from './rows-window.js';
import { sameBytes } from './same-bytes.js';
import { JsonComparer } from './same-json.js';
import { sameNumeric } from './same-numeric.js';

/** How a column's bytes can differ without its value being another one. */
type Reading = 'bytes' | 'jsonb' | { scale: number | undefined };

/** Whether rows are the same, as far as that is sure from their bytes. Never true for rows that differ. */
export class RowComparer {
  readonly #readings: readonly Reading[];
  readonly #isPlain: boolean;
  readonly #json = new JsonComparer();

  constructor(types: readonly ValueType[]) {
    this.#readings = types.map(readingOf);
    this.#isPlain = this.#readings.every((reading) => reading === 'bytes');
  }

  same(source: RowsWindow, sourceRow: number, live: RowsWindow, liveRow: number): boolean {
    const { view, bytes } = source;
    const { view: liveView, bytes: liveBytes } = live;
    let at = startOf(source, sourceRow);
    let liveAt = startOf(live, liveRow);
    if (this.#isPlain) {
      const length = endOf(source, sourceRow) - at;
      return (
        length === endOf(live, liveRow) - liveAt && sameBytes(view, at, bytes, liveView, liveAt, liveBytes, length)
      );
    }
    at += 2;
    liveAt += 2;
    for (const reading of this.#readings) {
      const length = view.getInt32(at);
      const liveLength = liveView.getInt32(liveAt);
      at += 4;
      liveAt += 4;
      if (length < 0 || liveLength < 0) {
        if (length !== liveLength) return false;
        continue;
      }
      const isSame =
        (length === liveLength && sameBytes(view, at, bytes, liveView, liveAt, liveBytes, length)) ||
        this.#means(reading, source, at, length, live, liveAt, liveLength);
      if (!isSame) return false;
      at += length;
      liveAt += liveLength;
    }
    return true;
  }

  #means(
    reading: Reading,
    { bytes, view }: RowsWindow,
    at: number,
    length: number,
    { bytes: liveBytes, view: liveView }: RowsWindow,
    liveAt: number,
    liveLength: number,
  ): boolean {
    if (reading === 'bytes') return false;
    if (reading !== 'jsonb') return sameNumeric(view, at, length, liveView, liveAt, liveLength, reading.scale);
    // The format's version stands before the text.
    if (length === 0 || liveLength === 0 || bytes[at] !== liveBytes[liveAt]) return false;
    return this.#json.same(bytes, at + 1, at + length, liveBytes, liveAt + 1, liveAt + liveLength);
  }
}

function readingOf(type: ValueType): Reading {
  if (type.underlying !== undefined) return readingOf(type.underlying);
  if (type.kind !== 'base') return 'bytes';
  if (type.base === 'jsonb') return 'jsonb';
  if (type.base !== 'numeric') return 'bytes';
  const scale = /^numeric\(\d+,(\d+)\)$/.exec(type.type)?.[1];
  return { scale: scale === undefined ? undefined : Number(scale) };
}
