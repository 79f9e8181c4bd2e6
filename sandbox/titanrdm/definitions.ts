import { z } from 'zod';

const columnDefinitionSchema = z.strictObject({
  name: z.string().min(1),
  /** `varchar` (also `text`, `char`), `integer`, `bigint`, `smallint`, `numeric`, `decimal`, `float`, `double`, `boolean`, `date`, `timestamp`, `time`, `uuid`; others are not checked. */
  dataType: z.string().min(1).default('varchar'),
  /** Longest value in characters, for character types. */
  length: z.int().positive().optional(),
  primaryKey: z.boolean().default(false),
  /** Primary key columns are required whatever this says. */
  required: z.boolean().default(false),
  /** Soft-deleted: listed with `is_deleted`, never stored nor exported. */
  deleted: z.boolean().default(false),
  description: z.string().optional(),
});

const mappingDefinitionSchema = z.strictObject({
  name: z.string().min(1),
  key: z.string().min(1).optional(),
  isDefault: z.boolean().default(false),
  /** Served as `mapping_config: {"columns": [{"source", "target"}]}`: our choice, its shape is not documented. Names match exactly. */
  columns: z.array(z.strictObject({ source: z.string().min(1), target: z.string().min(1) })),
});

export const tableDefinitionSchema = z
  .strictObject({
    /** Display name. */
    name: z.string().min(1),
    /** Physical name; the display name in lower case with `_` for anything else than letters and digits, when left out. */
    databaseTableName: z.string().min(1).optional(),
    /** Key of the table definition: the same on every branch. A UUID when left out. */
    key: z.string().min(1).optional(),
    columns: z.array(columnDefinitionSchema).min(1),
    /** Load type with hand-added rows: `full` keeps the records that are absent from the file. */
    allowManualRowEntry: z.boolean().default(false),
    /** One default mapping of every column to itself when left out; an empty list is a table without mapping. */
    mappings: z.array(mappingDefinitionSchema).optional(),
    /** Names or ids of the branches where it is deployed; every branch when left out. */
    branches: z.array(z.union([z.string(), z.int()])).optional(),
  })
  .refine((table) => table.columns.some((column) => column.primaryKey && !column.deleted), {
    path: ['columns'],
    message: 'a table needs at least one live primary key column',
  })
  .refine((table) => new Set(table.columns.map((column) => column.name)).size === table.columns.length, {
    path: ['columns'],
    message: 'column names must differ',
  });
export type TableDefinition = z.input<typeof tableDefinitionSchema>;
export type ParsedTableDefinition = z.output<typeof tableDefinitionSchema>;

export const domainDefinitionSchema = z.strictObject({
  /** Display name. */
  name: z.string().min(1),
  abbreviation: z.string().min(1),
  description: z.string().optional(),
  tables: z.array(tableDefinitionSchema).default([]),
});
export type DomainDefinition = z.input<typeof domainDefinitionSchema>;

export const branchDefinitionSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  type: z.enum(['shared', 'private']).default('shared'),
  status: z.enum(['open', 'closed']).default('open'),
  integration: z.boolean().default(false),
  defaultDev: z.boolean().default(false),
  owner: z.strictObject({ id: z.int(), email: z.string() }).optional(),
  /** Name of the parent branch. */
  parent: z.string().optional(),
});
export type BranchDefinition = z.input<typeof branchDefinitionSchema>;

/** What a sandbox starts with: the content of a definitions file. */
export const sandboxContentSchema = z.strictObject({
  branches: z.array(branchDefinitionSchema).optional(),
  domains: z.array(domainDefinitionSchema).optional(),
});
