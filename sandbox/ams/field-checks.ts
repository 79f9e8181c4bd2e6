import type { ParsedField } from './definitions.js';

/** Kinds that the server fills in by itself: what is written to them is dropped, as a field that does not exist. */
const COMPUTED = /^(?:Calculation|Linked )/u;

export const takesValues = ({ type }: ParsedField): boolean => !COMPUTED.test(type);

/** Whether a field takes a text, as the form spells it. Blank clears any field. */
export function fits({ type, options }: ParsedField, value: string): boolean {
  if (value === '') return true;
  switch (type) {
    case 'Number':
      return /^-?\d+(?:\.\d+)?$/u.test(value);
    case 'Date':
      return isDate(value);
    case 'Time':
      return /^(?:1[0-2]|[1-9]):[0-5]\d (?:AM|PM)$/u.test(value);
    case 'Dropdown':
    case 'Single Selection':
      return options.includes(value);
    case 'Multiple Selection':
      return value.split('|').every((each) => options.includes(each));
    default:
      return true;
  }
}

function isDate(value: string): boolean {
  const [, day = '', month = '', year = ''] = /^(\d{2})\/(\d{2})\/(\d{4})$/u.exec(value) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // The 30th of February would be taken for the 1st of March.
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}
