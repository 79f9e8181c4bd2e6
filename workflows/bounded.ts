/** Admits at most `limit` at a time, in the order of asking. */
export class Gate {
  private waiting: (() => void)[] = [];
  private inside = 0;

  constructor(private readonly limit: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.inside += 1;
    try {
      return await work();
    } finally {
      // The place passes on without being given back, so that nobody slips in between.
      const next = this.waiting.shift();
      if (next === undefined) this.inside -= 1;
      else next();
    }
  }
}

/**
 * Works through `items` with at most `limit` at a time, in order. While `mayStart` says no, no further item is begun; those begun
 * are finished. Waits for all of them even when one throws, then throws the first error: nothing goes on behind the caller's back.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
  mayStart: () => boolean = () => true,
): Promise<void> {
  let next = 0;
  const errors: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < items.length && errors.length === 0 && mayStart()) {
      const item = items[next];
      next += 1;
      try {
        // `next` was checked: the item is there even where T admits undefined.
        await work(item as T);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (errors.length > 0) throw errors[0];
}
