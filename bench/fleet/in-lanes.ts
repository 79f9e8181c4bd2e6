import { forEachBounded } from '../../workflows/bounded.js';

/** Does the same for each, a few at a time, and returns the results in their order. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  await forEachBounded([...items.entries()], lanes, async ([index, item]) => {
    results[index] = await work(item, index);
  });
  return results;
}
