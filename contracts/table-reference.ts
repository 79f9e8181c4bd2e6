import { z } from 'zod';

/** A cell of an inline row. Numbers beyond 2^53 must be strings: JSON would round them. */
export const cellSchema = z.union([
  z.string(),
  z
    .number()
    .refine(
      (value) => !Number.isInteger(value) || Number.isSafeInteger(value),
      'an integer beyond 2^53 must be given as a string',
    ),
  z.boolean(),
  z.null(),
]);
export type Cell = z.infer<typeof cellSchema>;

/** Most rows that a caller may pass inline: they travel through workflow history, so a table belongs into a store. */
export const MAX_INLINE_ROWS = 1_000;
/** The same where Temporal's external payload storage keeps large payloads out of the history: what a worker knows, and no schema. */
export const MAX_STORED_ROWS = 100_000;

export const inlineRowsSchema = z.array(z.record(z.string(), cellSchema)).max(MAX_STORED_ROWS);

/** Where rows are, never the rows themselves (but for a few inline). `connection` names a connection of the worker's config. */
export const tableReferenceSchema = z.union([
  z.strictObject({
    /** Name of a connection that holds tables. */
    connection: z.string().min(1),
    /** Name of the table there. */
    table: z.string().min(1),
  }),
  z.strictObject({
    /** Name of a connection that holds tables. */
    connection: z.string().min(1),
    /** A query that the connection names, or SQL of the caller's own, a single SELECT, where it says `allowQueries`. */
    query: z.string().min(1),
  }),
  z.strictObject({
    /** The rows themselves, each a map from column to value: at most 1,000; 100,000 where there is a payload storage (`temporal.payloadStorage`). */
    rows: inlineRowsSchema,
  }),
]);
export type TableReference = z.infer<typeof tableReferenceSchema>;
