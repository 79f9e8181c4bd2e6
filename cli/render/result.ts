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
/** Of `amsUpsertProfiles`. */
const profilesSchema = z.object({
  summary: z.string(),
  form: z.string(),
  result: z.string(),
  upserted: z.number(),
  attempted: z.number(),
  failed: z.number(),
  failures: z.array(z.object({ row: z.number(), user: z.number().nullable(), code: z.string(), reason: z.string() })),
  failuresReference: referenceSchema.optional(),
  quarantine: referenceSchema.optional(),
});
type ShownProfiles = z.output<typeof profilesSchema>;
export type ShownResult = z.output<typeof resultSchema> | ShownIngest | ShownProfiles;

/** The result as far as it is one that we know; undefined for another workflow's. */
export function readResult(result: unknown): ShownResult | undefined {
  return (
    profilesSchema.safeParse(result).data ?? ingestSchema.safeParse(result).data ?? resultSchema.safeParse(result).data
  );
}

/** Tables, domains or rows that failed, of a run that went on without them. */
export function failuresIn(result: ShownResult | undefined): number {
  if (result === undefined || 'batches' in result) return 0;
  if ('attempted' in result) return result.failed;
  return (result.totals?.failed ?? 0) + (result.totals?.domainsFailed ?? 0);
}

/** Whether a run ended well, and sent nothing since nobody said yes. */
export function isUnsent(result: ShownResult | undefined): boolean {
  return result !== undefined && 'attempted' in result && UNSENT.includes(result.result);
}

const UNSENT = ['cancelled by user', 'not confirmed'];

const count = (value: number | null | undefined) => (value === null || value === undefined ? '' : grouped(value));

/** An error's text says what to do: room for that. */
const MAX_STATUS = 300;

/** One line per domain, one per table, then the summary. */
export function resultLines(result: ShownResult): string[] {
  if ('attempted' in result) return profileLines(result);
  return 'batches' in result ? ingestLines(result) : tableLines(result);
}

/** The facts that AMS's own users know: form, result, records upserted and attempted; then the rows that failed. */
function profileLines(shown: ShownProfiles): string[] {
  const { form, result, upserted, attempted, failures, failuresReference, quarantine, summary } = shown;
  const lines = columns(failures, [
    { title: 'row', cell: ({ row }) => grouped(row), right: true },
    { title: 'user', cell: ({ user }) => (user === null ? '' : String(user)), right: true },
    { title: 'code', cell: ({ code }) => code },
    { title: 'reason', cell: ({ reason }) => reason, max: MAX_STATUS },
  ]);
  return [
    `form: ${form}`,
    `result: ${result}`,
    `records upserted: ${grouped(upserted)}`,
    `records attempted: ${grouped(attempted)}`,
    ...(failures.length > 0 ? ['', ...lines, ''] : []),
    ...listLines(failuresReference, quarantine),
    summary,
  ];
}

const listLines = (...lists: (z.output<typeof referenceSchema> | undefined)[]): string[] =>
  lists.flatMap((list) =>
    list === undefined
      ? []
      : [`${grouped(list.entries)} entries in ${list.parts} files ${list.name}-*.json in ${list.location}`],
  );

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
    ...listLines(result.domainsReference, result.tablesReference),
    ...(result.summary === undefined ? [] : [result.summary]),
  ];
}
