import type { AmsUpsertOptions } from '../../contracts/ams-inputs.js';
import { fitValue } from './fit-value.js';
import type { MatchedColumns } from './match-columns.js';

/** The row's values in the form's own spelling, or why they cannot be: column by column, never a value. */
export function fitRow(
  matched: MatchedColumns | undefined,
  texts: readonly string[],
  emptyCells: AmsUpsertOptions['emptyCells'],
): { values: Record<string, string>; problems: string[] } {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [slot, { field, column }] of (matched?.fields ?? []).entries()) {
    const text = texts[slot] ?? '';
    if (text === '') {
      if (emptyCells === 'clear' && field.required) problems.push(`column '${column}': the form requires a value`);
      else if (emptyCells === 'clear') values[field.name] = '';
      continue;
    }
    const fitted = fitValue(field, text);
    if ('value' in fitted) values[field.name] = fitted.value;
    else problems.push(`column '${column}': ${fitted.problem}`);
  }
  return { values, problems };
}

/** A row as the results location keeps it. */
export function valuesOf(
  matched: MatchedColumns | undefined,
  idColumn: string,
  [id = '', ...texts]: readonly string[],
): Record<string, string> {
  const fields = (matched?.fields ?? []).map(({ column }, slot) => [column, texts[slot] ?? ''] as const);
  return Object.fromEntries([...fields, [idColumn, id]]);
}
