import { z } from 'zod';

/**
 * What a fault of any sandbox does. Before anything is done: `status`, `noContent`, `notJson`, `wrongShape`, `reset`, `hang`. While or
 * after the work is done: `slow` (the work comes after the delay), `trickle`, `resetMidBody`, `lostReply`, `truncated`.
 */
export const COMMON_FAULT_KINDS = [
  'status',
  'noContent',
  'notJson',
  'wrongShape',
  'reset',
  'hang',
  'slow',
  'trickle',
  'resetMidBody',
  'lostReply',
  'truncated',
] as const;

const regex = z.string().refine((text) => {
  try {
    new RegExp(text);
    return true;
  } catch {
    // The refinement's message says it.
    return false;
  }
}, 'not a regular expression');

/** Keys of a rule's `match`; `names` are the product's routes. */
export function commonMatchShape(names: readonly string[]) {
  // A misspelt route would be a fault that never happens, and a test that proves nothing.
  const routeName = z.string().refine((name) => names.includes(name), 'not the name of a route (see ROUTE_NAMES)');
  return {
    method: z.string().optional(),
    /** Regular expression on the path, without its query. */
    path: regex.optional(),
    /** One or several of the names of routes. */
    route: z.union([routeName, z.array(routeName)]).optional(),
  };
}

/** Keys of a rule that every product has, but for `kind` and `match`. */
export const commonRuleShape = {
  /** Name that the fault log repeats. */
  label: z.string().optional(),
  /** Matching calls that pass before the first fault. */
  skip: z.int().nonnegative().default(0),
  /** Faults until the rule has run out; without end when left out. */
  times: z.int().positive().optional(),
  /** Chance that a matching call is hit, drawn from a generator seeded by `seed`. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.int().default(1),
  /** `status`: the HTTP status. */
  status: z.int().min(200).max(599).default(500),
  /** `status`: a JSON error, a text, or no body. */
  body: z.enum(['json', 'text', 'none']).default('json'),
  /** `status`: value of the Retry-After header. */
  retryAfter: z.union([z.string(), z.number()]).optional(),
  /** The error text, of faults that have one. */
  message: z.string().optional(),
  /** `slow`: milliseconds before the work. */
  delayMs: z.number().nonnegative().default(1_000),
  /** `trickle`: bytes of the reply's body each second. */
  bytesPerSecond: z.number().positive().default(100),
  /** `resetMidBody`, `truncated`: bytes that pass; half of the body when left out. */
  afterBytes: z.int().nonnegative().optional(),
};

/** A rule of any product, its defaults filled in. */
export type CommonFaultRule = z.output<z.ZodObject<typeof commonRuleShape>> & {
  kind: string;
  match: z.output<z.ZodObject<ReturnType<typeof commonMatchShape>>>;
};
