import { z } from 'zod';

/** Longest identifier that PostgreSQL keeps whole, in bytes of UTF-8. */
export const MAX_IDENTIFIER_BYTES = 63;

/** Any spelling that PostgreSQL can hold: upper case, spaces, dots, quotes, percent signs, emoji. Never folded, always quoted. */
export const identifierSchema = z
  .string()
  .min(1)
  .refine((name) => !name.includes('\0'), 'a name must not hold a NUL character')
  .refine(
    (name) => new TextEncoder().encode(name).length <= MAX_IDENTIFIER_BYTES,
    `PostgreSQL cuts a name above ${MAX_IDENTIFIER_BYTES} bytes: give a shorter one`,
  );

export const postgresColumnSchema = z.strictObject({
  name: identifierSchema,
  /** PostgreSQL's own spelling: `integer`, `varchar(10)`, `numeric(12,2)`, `text[]`, `"my schema"."my enum"`, `timestamptz`. */
  type: z.string().min(1).max(1_000),
  /** Left out: true, but for columns of the primary key. */
  nullable: z.boolean().optional(),
  /** The values of this column alone are unique. */
  unique: z.boolean().optional(),
  /** Left out: the comment in the database, if any, stays. */
  comment: z.string().optional(),
});
export type PostgresColumn = z.infer<typeof postgresColumnSchema>;

/** One key of an index: a column, or an expression in SQL. */
export const postgresIndexKeySchema = z.union([
  identifierSchema,
  z.strictObject({
    column: identifierSchema,
    /** Left out: `asc`. */
    order: z.enum(['asc', 'desc']).optional(),
    /** Where NULL comes. Left out: last, with `desc` first. */
    nulls: z.enum(['first', 'last']).optional(),
    operatorClass: identifierSchema.optional(),
    collation: identifierSchema.optional(),
  }),
  z.strictObject({
    /** SQL over the table's columns, for instance `lower("name")`. Goes into the statement as it is. */
    expression: z.string().min(1),
    /** Left out: `asc`. */
    order: z.enum(['asc', 'desc']).optional(),
    /** Where NULL comes. Left out: last, with `desc` first. */
    nulls: z.enum(['first', 'last']).optional(),
    operatorClass: identifierSchema.optional(),
    collation: identifierSchema.optional(),
  }),
]);
export type PostgresIndexKey = z.infer<typeof postgresIndexKeySchema>;

export const postgresIndexSchema = z.strictObject({
  /** The columns and expressions that it is about, in their order. */
  keys: z.array(postgresIndexKeySchema).min(1),
  /** Left out: `btree`. */
  method: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/, 'the name of an index method: btree, gin, gist, hash, brin, ...')
    .optional(),
  /** The values of the keys together are unique. */
  unique: z.boolean().optional(),
  /** Columns that the index carries without being keys. */
  include: z.array(identifierSchema).optional(),
  /** SQL condition of a partial index. Goes into the statement as it is. */
  where: z.string().min(1).optional(),
  /** Storage options, for instance `{ fillfactor: 70 }`. */
  with: z.record(z.string().regex(/^[a-z_][a-z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export type PostgresIndex = z.infer<typeof postgresIndexSchema>;

/** A table as its user wants it: plain data. Index names are PostgreSQL's own affair and never compared. */
export const postgresTableSchema = z
  .strictObject({
    schema: identifierSchema,
    name: identifierSchema,
    /** The columns, in their order. */
    columns: z.array(postgresColumnSchema).min(1).max(1_600),
    /** Names of columns, in the order of the key. */
    primaryKey: z.array(identifierSchema).min(1).optional(),
    /** Left out: indexes that are in the database stay. */
    indexes: z.array(postgresIndexSchema).optional(),
    /** Left out: the comment in the database stays. The first table of an ingest holds the high watermark in its comment: leave it out there. */
    comment: z.string().optional(),
  })
  .superRefine((table, context) => {
    const names = new Set<string>();
    for (const [index, { name }] of table.columns.entries()) {
      if (names.has(name))
        context.addIssue({
          code: 'custom',
          path: ['columns', index, 'name'],
          message: `column "${name}" is there twice`,
        });
      names.add(name);
    }
    for (const [index, name] of (table.primaryKey ?? []).entries()) {
      if (!names.has(name))
        context.addIssue({ code: 'custom', path: ['primaryKey', index], message: `there is no column "${name}"` });
      const column = table.columns.find((candidate) => candidate.name === name);
      if (column?.nullable === true)
        context.addIssue({
          code: 'custom',
          path: ['primaryKey', index],
          message: `column "${name}" of the primary key cannot be nullable`,
        });
    }
  });
export type PostgresTable = z.infer<typeof postgresTableSchema>;
