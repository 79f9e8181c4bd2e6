import { z } from 'zod';
import { tableReferenceSchema } from './table-reference.js';
import { pipelineNameSchema } from './titan-common.js';

/** The column that says whose row it is: the id in AMS, the login name, the e-mail address, or first and last name with a space between. */
export const amsIdColumnSchema = z.enum(['user_id', 'username', 'email', 'about']);
export type AmsIdColumn = z.infer<typeof amsIdColumnSchema>;

/** Exact name of a form; a blank one would match nothing. */
const formNameSchema = z.string().regex(/\S/, 'a form has a name');

const amsShape = {
  version: z.literal(1).default(1),
  pipeline: pipelineNameSchema.optional(),
  /** Name of a connection of type `ams`. */
  connection: z.string().min(1),
  form: formNameSchema,
  /** Requests under way at the same time, never more. AMS documents no limit: a low number is kind to it. */
  concurrency: z.int().min(1).max(64).default(4),
};

/** Input of `amsUpsertProfiles`. */
export const amsUpsertProfilesInputSchema = z
  .strictObject({
    ...amsShape,
    source: tableReferenceSchema,
    idColumn: amsIdColumnSchema.default('user_id'),
    /** Column of the table → field of the form: these and no others are sent. Left out: each column but the id is the field of its name. */
    columns: z
      .record(z.string().min(1), z.string().min(1))
      .refine((columns) => Object.keys(columns).length > 0, 'name a column, or leave it out')
      .refine((columns) => new Set(Object.values(columns)).size === Object.values(columns).length, {
        error: 'two columns lead to one field',
      })
      .optional(),
    /** Nothing is sent before somebody has said yes. */
    requireConfirmation: z.boolean().default(false),
    /** Seconds after which a run that nobody has answered ends as `not confirmed`. */
    confirmTimeoutSeconds: z.number().positive().max(2_592_000).default(86_400),
    /** Most profiles sent in a second. Left out: as fast as AMS answers. */
    ratePerSecond: z.number().positive().max(10_000).optional(),
    /** A row whose user is not known, or not one alone: nothing is sent, or the row is left out and listed in the results location. */
    onUnknownUser: z.enum(['fail', 'quarantine']).default('fail'),
    /** Several rows for one user: nothing is sent, or the last one counts. */
    onDuplicateUser: z.enum(['fail', 'last']).default('fail'),
    /** An empty cell: the field keeps its value, or is cleared. */
    emptyCells: z.enum(['leave', 'clear']).default('leave'),
    /** A row that AMS refuses for good: the others go on, or no further one is sent. */
    onRowError: z.enum(['continue', 'stop']).default('continue'),
    /** Whether a run reads form and users once, or anew in each of its steps. What is written is never cached. */
    cache: z.boolean().default(true),
    /** Rows of one activity; after that the workflow's history grows by one more. */
    rowsPerStretch: z.int().min(1).max(1_000_000).default(100_000),
  })
  .superRefine(({ columns, idColumn }, context) => {
    if (columns !== undefined && Object.hasOwn(columns, idColumn) && Object.keys(columns).length === 1)
      context.addIssue({
        code: 'custom',
        path: ['columns'],
        message: `'${idColumn}' says whose row it is: name a column besides`,
      });
  });
/** As a caller writes it (defaults left out). */
export type AmsUpsertProfilesInput = z.input<typeof amsUpsertProfilesInputSchema>;
export type AmsUpsertOptions = z.output<typeof amsUpsertProfilesInputSchema>;

/** Input of `amsDownloadProfiles`. */
export const amsDownloadProfilesInputSchema = z.strictObject({
  ...amsShape,
  /** Column that says whose row it is, first in the table. */
  idColumn: amsIdColumnSchema.default('user_id'),
  /** Fields to read. Left out: all of the form. */
  fields: z.array(z.string().min(1)).min(1).optional(),
  /** Name of the connection that receives the table. */
  store: z.string().min(1),
  /** Name of the table there; it is replaced. */
  table: z.string().min(1).max(200),
});
export type AmsDownloadProfilesInput = z.input<typeof amsDownloadProfilesInputSchema>;
export type AmsDownloadOptions = z.output<typeof amsDownloadProfilesInputSchema>;

/** Update `confirm` of a run that waits: who answers, and what. */
export const amsConfirmSchema = z.strictObject({
  by: z.string().min(1).max(200),
  answer: z.enum(['yes', 'no']),
});
export type AmsConfirm = z.infer<typeof amsConfirmSchema>;
