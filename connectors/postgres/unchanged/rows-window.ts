/** Whole rows of binary COPY that lie in one buffer, each the same number of bytes behind the one before. */
export interface RowsWindow {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where each row begins, and at `count` where another one would. */
  readonly starts: Int32Array;
  readonly count: number;
  /** Bytes between the end of a row and the start of the next. */
  readonly gap: number;
}

export function startOf({ starts }: RowsWindow, row: number): number {
  return starts[row] ?? 0;
}

export function endOf({ starts, gap }: RowsWindow, row: number): number {
  return (starts[row + 1] ?? 0) - gap;
}

/** Places of rows as they are found: room for more than there was is made when it is needed. */
export class Places {
  starts = new Int32Array(4_096);
  count = 0;

  /** Keeps a place, and says where the next row would begin, until it does. */
  add(start: number, next: number): void {
    if (this.count + 2 > this.starts.length) {
      const larger = new Int32Array(this.starts.length * 2);
      larger.set(this.starts);
      this.starts = larger;
    }
    this.starts[this.count] = start;
    this.count += 1;
    this.starts[this.count] = next;
  }
}

/** The rows from one on, where nothing stands between them. */
export function restOf({ bytes, starts, count }: RowsWindow, row: number): Buffer {
  return bytes.subarray(starts[row] ?? 0, starts[count] ?? 0);
}
