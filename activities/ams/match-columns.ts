import { nearNames } from '../../connectors/common/near-names.js';
import type { AmsField, AmsForm } from '../../connectors/ams/port.js';
import type { AmsUpsertOptions } from '../../contracts/ams-inputs.js';
import { TidemarkError } from '../../contracts/errors.js';
import { isComputed } from './fit-value.js';
import { fieldsOf } from './open-form.js';

/** Which column of the table leads where. */
export interface MatchedColumns {
  /** Index of the column that says whose row it is. */
  id: number;
  fields: { index: number; column: string; field: AmsField }[];
}

type Options = Pick<AmsUpsertOptions, 'idColumn' | 'columns'>;

/**
 * Leads each column to its field, before any row is looked at. Errors, each naming all columns that it is about: `AMS_NO_ID_COLUMN`,
 * `AMS_COLUMNS`, `AMS_UNKNOWN_FIELDS`, `AMS_FIELD_NOT_WRITABLE`.
 */
export function matchColumns(header: readonly string[], form: AmsForm, options: Options): MatchedColumns {
  const repeated = header.filter((name, index) => header.indexOf(name) !== index);
  if (repeated.length > 0)
    throw refused('AMS_COLUMNS', `The table has ${quoted(repeated)} twice.`, 'Name each column once.');
  const id = idColumn(header, options.idColumn);
  const wanted = wantedColumns(header, id, options.columns);
  if (wanted.length === 0)
    throw refused(
      'AMS_COLUMNS',
      `The table has no column besides '${header[id] ?? ''}'.`,
      'Give it one for each field.',
    );
  const known = fieldsOf(form);
  const unknown = wanted.filter(({ field }) => !known.has(field));
  if (unknown.length > 0) throw unknownFields(form, unknown);
  const fields = wanted.flatMap(({ index, column, field: name }) => {
    const field = known.get(name);
    return field === undefined ? [] : [{ index, column, field }];
  });
  const computed = fields.filter(({ field }) => isComputed(field)).map(({ field }) => field.name);
  if (computed.length > 0)
    throw refused(
      'AMS_FIELD_NOT_WRITABLE',
      `Form '${form.name}' fills in ${quoted(computed)} by itself.`,
      'Leave the column out, by `columns`.',
    );
  return { id, fields };
}

/** Exactly so, or but for upper and lower case when that is one column alone. */
function idColumn(header: readonly string[], wanted: string): number {
  const exact = header.indexOf(wanted);
  if (exact >= 0) return exact;
  const similar = header.flatMap((name, index) => (name.trim().toLowerCase() === wanted ? [index] : []));
  const [only] = similar;
  if (only !== undefined && similar.length === 1) return only;
  const problem = similar.length === 0 ? 'has no column' : 'has several columns';
  throw refused(
    'AMS_NO_ID_COLUMN',
    `The table ${problem} '${wanted}', which says whose row it is; it has ${quoted(header)}.`,
    'Name it so, or say by idColumn which of user_id, username, email and about it is.',
  );
}

interface Wanted {
  index: number;
  column: string;
  field: string;
}

function wantedColumns(header: readonly string[], id: number, columns: Options['columns']): Wanted[] {
  if (columns === undefined)
    return header.flatMap((column, index) => (index === id ? [] : [{ index, column, field: column }]));
  const missing = Object.keys(columns).filter((column) => !header.includes(column));
  if (missing.length > 0)
    throw refused(
      'AMS_COLUMNS',
      `The table has no ${quoted(missing)}; it has ${quoted(header)}.`,
      'Mend the names in `columns`.',
    );
  return Object.entries(columns).map(([column, field]) => ({ index: header.indexOf(column), column, field }));
}

function unknownFields(form: AmsForm, unknown: readonly Wanted[]): TidemarkError {
  const names = form.fields.map(({ name }) => name);
  const words = unknown.slice(0, MAX_NAMES).map(({ field }) => {
    const near = nearNames(field, names, 2);
    return `'${field}'${near.length === 0 ? '' : ` (near: ${near.join(', ')})`}`;
  });
  const more = unknown.length > words.length ? ` and ${unknown.length - words.length} more` : '';
  return refused(
    'AMS_UNKNOWN_FIELDS',
    `Form '${form.name}' has no field ${words.join(', ')}${more}. Nothing was sent: AMS would drop the values without a word.`,
    'Mend the names, or say by `columns` which column leads to which field.',
  );
}

const MAX_NAMES = 12;

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => `'${name.slice(0, 80)}'`);
  return `${shown.join(', ')}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}`;
}

type Code = 'AMS_NO_ID_COLUMN' | 'AMS_COLUMNS' | 'AMS_UNKNOWN_FIELDS' | 'AMS_FIELD_NOT_WRITABLE';

function refused(code: Code, message: string, mend: string): TidemarkError {
  return new TidemarkError(message, { code, retryable: false, mend });
}
