import { z } from 'zod';
import { columns, grouped } from './columns.js';

// What is shown of a result. Read leniently: a worker of a newer release may say more, and must not make the command fail.

const counts = z.object({
  inserted: z.number().nullable(),
  updated: z.number().nullable(),
  deleted: z.number().nullable(),
});
const tableSchema = z.object({
  domain: z.string(),
  table: z.string(),
  rows: z.number(),
  status: z.string(),
  counts: counts.optional(),
});
const domainSchema = z.object({
  domain: z.string(),
  status: z.string(),
  totals: z.object({
    tables: z.number(),
    success: z.number(),
    skipped: z.number(),
    failed: z.number(),
    rows: z.number(),
  }),
});
const referenceSchema = z.object({ location: z.string(), name: z.string(), parts: z.number(), entries: z.number() });
export const resultSchema = z.object({
  summary: z.string().optional(),
  totals: z.object({ failed: z.number(), domainsFailed: z.number().optional() }).optional(),
  tables: z.array(tableSchema).default([]),
  tablesReference: referenceSchema.optional(),
  domains: z.array(domainSchema).default([]),
  domainsReference: referenceSchema.optional(),
});
/** Of `postgresIngest`. */
const ingestSchema = z.object({
  summary: z.string(),
  batches: z.number(),
  tables: z.array(
    z.object({
      schema: z.string(),
      table: z.string(),
      rows: z.number(),
      quarantined: z.number(),
      migration: z.string(),
    }),
  ),
});
type ShownIngest = z.output<typeof ingestSchema>;
export type ShownResult = z.output<typeof resultSchema> | ShownIngest;

/** The result as far as it is one that we know; undefined for another workflow's. */
export function readResult(result: unknown): ShownResult | undefined {
  return ingestSchema.safeParse(result).data ?? resultSchema.safeParse(result).data;
}

/** Tables or domains that failed, of a run that went on without them. */
export function failuresIn(result: ShownResult | undefined): number {
  if (result === undefined || 'batches' in result) return 0;
  return (result.totals?.failed ?? 0) + (result.totals?.domainsFailed ?? 0);
}

const count = (value: number | null | undefined) => (value === null || value === undefined ? '' : grouped(value));

/** An error's text says what to do: room for that. */
const MAX_STATUS = 300;

/** One line per domain, one per table, then the summary. */
export function resultLines(result: ShownResult): string[] {
  return 'batches' in result ? ingestLines(result) : tableLines(result);
}

function ingestLines({ summary, tables }: ShownIngest): string[] {
  const lines = columns(tables, [
    { title: 'table', cell: ({ schema, table }) => `${schema}.${table}` },
    { title: 'rows', cell: ({ rows }) => grouped(rows), right: true },
    { title: 'quarantined', cell: ({ quarantined }) => (quarantined === 0 ? '' : grouped(quarantined)), right: true },
    { title: 'definition', cell: ({ migration }) => migration },
  ]);
  return [...(tables.length > 0 ? [...lines, ''] : []), summary];
}

function tableLines(result: z.output<typeof resultSchema>): string[] {
  const domains = columns(result.domains, [
    { title: 'domain', cell: ({ domain }) => domain },
    { title: 'tables', cell: ({ totals }) => grouped(totals.tables), right: true },
    { title: 'failed', cell: ({ totals }) => grouped(totals.failed), right: true },
    { title: 'rows', cell: ({ totals }) => grouped(totals.rows), right: true },
    { title: 'status', cell: ({ status }) => status, max: MAX_STATUS },
  ]);
  const tables = columns(result.tables, [
    { title: 'domain', cell: ({ domain }) => domain },
    { title: 'table', cell: ({ table }) => table },
    { title: 'rows', cell: ({ rows }) => grouped(rows), right: true },
    { title: 'inserted', cell: ({ counts }) => count(counts?.inserted), right: true },
    { title: 'updated', cell: ({ counts }) => count(counts?.updated), right: true },
    { title: 'deleted', cell: ({ counts }) => count(counts?.deleted), right: true },
    { title: 'status', cell: ({ status }) => status, max: MAX_STATUS },
  ]);
  return [
    ...(result.domains.length > 0 ? [...domains, ''] : []),
    ...(result.tables.length > 0 ? [...tables, ''] : []),
    ...[result.domainsReference, result.tablesReference].flatMap((list) =>
      list === undefined
        ? []
        : [`${grouped(list.entries)} entries in ${list.parts} files ${list.name}-*.json in ${list.location}`],
    ),
    ...(result.summary === undefined ? [] : [result.summary]),
  ];
}
