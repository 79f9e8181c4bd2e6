import { z } from 'zod';
import { isRecord } from '../http/is-record.js';

/**
 * Fills in what the caller knows already where a reply leaves it out: the id that was asked for must not be lost because
 * one reply does not repeat it. A reply that is not empty and has none of the fields `saysOneOf` is no such reply at all.
 */
export function withKnown<T extends z.ZodType>(
  schema: T,
  known: Record<string, unknown>,
  saysOneOf?: readonly string[],
) {
  return z.preprocess((reply, context) => {
    if (!isRecord(reply)) return reply;
    const strange =
      saysOneOf !== undefined && Object.keys(reply).length > 0 && !saysOneOf.some((name) => name in reply);
    if (strange) context.addIssue({ code: 'custom', message: `expected ${saysOneOf.join(' or ')}` });
    const missing = Object.entries(known).filter(([name]) => reply[name] === undefined || reply[name] === null);
    return { ...reply, ...Object.fromEntries(missing) };
  }, schema);
}

/**
 * A page of a collection. Its `data` may be null or left out, its `meta` too, but not both: an object of another kind must not
 * be taken for an empty list.
 */
export function pageSchema<T extends z.ZodType>(item: T) {
  return withKnown(
    z.object({
      data: z
        .array(item)
        .nullish()
        .transform((value) => value ?? []),
      meta: z.object({ total_pages: z.int().nonnegative().nullish() }).nullish(),
    }),
    {},
    ['data', 'meta'],
  );
}
