import type { AmsField, AmsForm } from '../../connectors/ams/port.js';
import { TidemarkError } from '../../contracts/errors.js';

/** Types of forms that hold one record per user. */
const PROFILE_TYPES = ['profile', 'linkedOnlyProfile'];

/** Error `AMS_NOT_A_PROFILE_FORM`. */
export function refuseOtherForm({ name, type }: Pick<AmsForm, 'name' | 'type'>): void {
  if (PROFILE_TYPES.includes(type)) return;
  throw new TidemarkError(`Form '${name}' is of type '${type}', and not one of profiles.`, {
    code: 'AMS_NOT_A_PROFILE_FORM',
    retryable: false,
    mend: 'Name a form of profiles.',
  });
}

/** Error `AMS_FORM_READ_ONLY`. */
export function refuseReadOnly({ name, isReadOnly }: Pick<AmsForm, 'name' | 'isReadOnly'>): void {
  if (!isReadOnly) return;
  throw new TidemarkError(`The account may read form '${name}', and not write to it.`, {
    code: 'AMS_FORM_READ_ONLY',
    retryable: false,
    mend: 'Give the account of the connection the right to write to it.',
  });
}

/** Fields by name. */
export function fieldsOf({ fields }: Pick<AmsForm, 'fields'>): Map<string, AmsField> {
  return new Map(fields.map((field) => [field.name, field]));
}
