import { TidemarkError, type ErrorInfo } from '../../contracts/errors.js';

/** Works through `items`, at most `limit` at a time; the results in the items' order. */
export async function inLanes<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

/** Anything else than an error of ours is a defect, and ends the plan. */
export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof TidemarkError) return error.toInfo();
  throw error;
}
