import type { TableDifference } from '../../../contracts/titan-results.js';
import type { MaxDeletes } from '../../../contracts/titan-common.js';
import { tooManyDeletes } from './refusals.js';

/** Shares such as 0.29 have no exact number: 29 of 100 must be within it all the same. */
const ROUNDING = 1e-9;

/** Most records of `held` that may go; `limit` below 1 is a share, and so is a text with a percent sign. */
export function allowedDeletes(limit: MaxDeletes, held: number): number {
  const share = typeof limit === 'string' ? Number(limit.slice(0, -1)) / 100 : limit < 1 ? limit : undefined;
  return share === undefined ? Number(limit) : Math.floor(share * held + ROUNDING * Math.max(1, held));
}

/** Error `TOO_MANY_DELETES`. Without a limit anything goes. */
export function refuseManyDeletes(
  table: string,
  { deletes, held }: Pick<TableDifference, 'deletes' | 'held'>,
  limit: MaxDeletes | undefined,
): void {
  if (limit !== undefined && deletes > allowedDeletes(limit, held))
    throw tooManyDeletes({ table, deletes, held, limit });
}
