import { z } from 'zod';
import type { UploadPattern } from '../../contracts/titan-common.js';
import { malformedCsv } from '../tables/errors.js';
import type { Column, ImportMapping } from './schema.js';
import {
  list,
  missingCodes,
  missingColumns,
  TRAN_CODE_COLUMN,
  unexpectedCodes,
  unknownColumns,
} from './upload-refusals.js';

export { TRAN_CODE_COLUMN };

/** What an export adds to the user's columns, and the two that older exports had (titan-rdm-sdk 2.0.0). Not the code column. */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'trdm_sk',
  'trdm_record_id',
  'trdm_state',
  'trdm_created_at',
  'trdm_effective_from',
  'trdm_effective_to',
  'trdm_is_deleted',
  'trdm_actor_type',
  'trdm_actor_id',
  'trdm_updated_at',
  'trdm_updated_by',
]);

/** What is to be looked at in each row, as indexes of header columns. */
export interface UploadPlan {
  /** The key columns, when all of them are in the file. */
  keys: number[];
  /** Columns that must hold a value; `inDeletes` says whether also where the code is `d`. */
  required: { index: number; inDeletes: boolean }[];
  /** The code column, where the pattern wants one. */
  tranCode: number | undefined;
  /** System columns of an export, which are left out of what is sent. */
  drop: number[];
  /** The code column of an export, which is left out when it is blank throughout. */
  blankCode: number | undefined;
  /** Required columns that the file lacks: harmless as long as every row is a delete. */
  missingForUpserts: string[];
  /** What could not be checked, and what the server will do that one might not expect. */
  warnings: string[];
}

export interface PlanInput {
  /** Names the table in errors. */
  table: string;
  header: readonly string[];
  /** Live columns of the deployed definition. Empty where the server did not send them. */
  columns: readonly Column[];
  mapping?: ImportMapping | undefined;
  pattern: UploadPattern;
}

/**
 * Compares a file's header with the deployed definition. Errors: `MALFORMED_CSV` (two columns of one name), `MISSING_TRANSACTION_CODES`,
 * `UNEXPECTED_TRANSACTION_CODES`, `UNKNOWN_COLUMNS`, `MISSING_COLUMNS`.
 *
 * A file may lack columns under an incremental pattern. Under `full` it may not: a full import says what the whole table is, so the
 * server would empty the columns that are not there.
 */
export function planUpload({ table, header, columns, mapping, pattern }: PlanInput): UploadPlan {
  const warnings: string[] = [];
  const targets = targetsOf(mapping, columns);
  refuseSameNames(table, header, targets);
  const targetOf = (name: string): string | undefined => (targets === undefined ? undefined : targets.get(name));
  const drop = header.flatMap((name, index) =>
    SYSTEM_COLUMNS.has(name) && targetOf(name) === undefined ? [index] : [],
  );
  const code = planCodes(table, header, pattern, drop.length > 0);
  if (drop.length > 0)
    warnings.push(`Columns that an export adds were left out: ${list(drop.map((i) => header[i] ?? ''))}.`);

  const plan: UploadPlan = { keys: [], required: [], ...code, drop, missingForUpserts: [], warnings };
  if (targets === undefined) {
    warnings.push(
      columns.length === 0
        ? 'TitanRDM did not say which columns the table has: columns, required values and keys were not checked.'
        : 'The import mapping has a form that Tidemark does not know: columns, required values and keys were not checked.',
    );
    return plan;
  }

  const dropped = new Set([...drop, ...header.flatMap((name, index) => (name === TRAN_CODE_COLUMN ? [index] : []))]);
  const unknown = header.filter((name, index) => !dropped.has(index) && !targets.has(name));
  if (unknown.length > 0) throw unknownColumns(table, header, unknown, targets);

  const indexOf = new Map<string, number>();
  for (const [index, name] of header.entries()) {
    const target = targets.get(name);
    if (target !== undefined) indexOf.set(target, index);
  }
  checkMissing({ table, columns, targets, indexOf, pattern, plan });
  const keyColumns = columns.filter((column) => column.is_primary_key);
  const keys = keyColumns.flatMap((column) => indexOf.get(column.name) ?? []);
  if (keys.length === keyColumns.length) plan.keys = keys;
  plan.required = columns.flatMap((column) => {
    const index = indexOf.get(column.name);
    if (index === undefined || !(column.is_required || column.is_primary_key)) return [];
    return [{ index, inDeletes: column.is_primary_key }];
  });
  return plan;
}

/** A name is shown only where it is known to be one: the first line of a file without a header is a row. */
function refuseSameNames(
  table: string,
  header: readonly string[],
  targets: ReadonlyMap<string, string> | undefined,
): void {
  const name = header.find((each, index) => header.indexOf(each) !== index);
  if (name === undefined) return;
  const problem =
    targets?.has(name) === true
      ? `two columns are named "${name}"`
      : `columns ${header.indexOf(name) + 1} and ${header.lastIndexOf(name) + 1} have the same name`;
  throw malformedCsv(`${table}, header`, problem, 'Rename one; or add the header, if that line is a row.');
}

/** What the pattern says of the code column. */
function planCodes(
  table: string,
  header: readonly string[],
  pattern: UploadPattern,
  isExport: boolean,
): Pick<UploadPlan, 'tranCode' | 'blankCode'> {
  const index = header.indexOf(TRAN_CODE_COLUMN);
  if (pattern === 'incremental_with_delete') {
    if (index < 0) throw missingCodes(table);
    return { tranCode: index, blankCode: undefined };
  }
  // The file of a full export has the column, blank: it can be sent as it came.
  if (index >= 0 && !isExport) throw unexpectedCodes(table, pattern);
  return { tranCode: undefined, blankCode: index < 0 ? undefined : index };
}

function checkMissing(found: {
  table: string;
  columns: readonly Column[];
  targets: ReadonlyMap<string, string>;
  indexOf: ReadonlyMap<string, number>;
  pattern: UploadPattern;
  plan: UploadPlan;
}): void {
  const { table, columns, targets, indexOf, pattern, plan } = found;
  const sources = new Map([...targets].map(([source, target]) => [target, source]));
  // A column that the mapping leaves out is the mapping's business.
  const missing = columns.filter((column) => sources.has(column.name) && !indexOf.has(column.name));
  const fatal = missing.filter(
    (column) =>
      column.is_primary_key || pattern === 'full' || (column.is_required && pattern !== 'incremental_with_delete'),
  );
  const nameOf = (column: Column): string => sources.get(column.name) ?? column.name;
  if (fatal.length > 0) {
    const hasKey = fatal.some((column) => column.is_primary_key);
    throw missingColumns(table, fatal.map(nameOf), pattern, hasKey);
  }
  plan.missingForUpserts = missing.filter((column) => column.is_required).map(nameOf);
  const optional = missing.filter((column) => !column.is_required).map(nameOf);
  if (optional.length > 0) plan.warnings.push(`The file lacks columns that the table has: ${list(optional)}.`);
}

const mappingConfigSchema = z.object({ columns: z.array(z.object({ source: z.string(), target: z.string() })) });

/**
 * Which column of the table each column of a file becomes; undefined when that can't be known. TitanRDM does not document the form
 * of `mapping_config`: `{"columns": [{"source", "target"}]}` is understood, nothing at all means equal names.
 */
export function targetsOf(
  mapping: ImportMapping | undefined,
  columns: readonly Column[],
): Map<string, string> | undefined {
  if (columns.length === 0) return undefined;
  const config = mapping?.mapping_config;
  const identity = new Map(columns.map(({ name }) => [name, name]));
  if (isBlank(config)) return identity;
  const known = mappingConfigSchema.safeParse(config);
  if (!known.success) return undefined;
  if (known.data.columns.length === 0) return identity;
  const deployed = new Set(columns.map(({ name }) => name));
  return new Map(
    known.data.columns.filter(({ target }) => deployed.has(target)).map(({ source, target }) => [source, target]),
  );
}

/** The header line of an empty table: what a file for this table would begin with. Empty when the columns are not known. */
export function headerFor({ columns, mapping, pattern }: Pick<PlanInput, 'columns' | 'mapping' | 'pattern'>): string {
  const names = [...(targetsOf(mapping, columns) ?? new Map<string, string>()).keys()];
  if (names.length === 0) return '';
  const codes = pattern === 'incremental_with_delete' ? [TRAN_CODE_COLUMN] : [];
  return headerLine([...names, ...codes]);
}

export function headerLine(names: readonly string[]): string {
  return `${names.map((name) => (/[",\r\n]/u.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',')}\n`;
}

function isBlank(config: unknown): boolean {
  if (config === undefined || config === null || config === '') return true;
  return typeof config === 'object' && Object.keys(config).length === 0;
}

/** Whether a file may be sent in several parts: only where rows that are not in a file are left alone. */
export function canSplit(pattern: UploadPattern): boolean {
  return pattern !== 'full';
}
