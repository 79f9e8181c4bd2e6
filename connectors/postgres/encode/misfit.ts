/**
 * What is wrong with one value, in words that do not hold it. Thrown while a row is written; the row's number and the column are
 * added where they are known.
 */
export class Misfit extends Error {
  override readonly name = 'Misfit';

  /** @param message Goes on from `column "a": `. */
  constructor(
    message: string,
    readonly mend?: string,
    readonly code: 'POSTGRES_BAD_VALUE' | 'POSTGRES_NOT_NULL' = 'POSTGRES_BAD_VALUE',
  ) {
    super(message);
  }
}

/** The kind of a value, never the value: `a number`, `a Date`, `an array`, `an object`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (isDate(value)) return 'a Date';
  if (ArrayBuffer.isView(value)) return 'binary data';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

/** Not `instanceof` alone: a Date may come from another realm, as in a test runner's. */
export function isDate(value: unknown): value is Date {
  return value instanceof Date || Object.prototype.toString.call(value) === '[object Date]';
}

/** An object that is neither array, Date, nor binary data. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

export function unfit(value: unknown, type: string, mend?: string): Misfit {
  return new Misfit(`${kindOf(value)} is no ${type}`, mend);
}

export function undefinedValue(): Misfit {
  return new Misfit('undefined is no value', 'Give null for a missing value.');
}

export function missingValue(): Misfit {
  return new Misfit(
    'null, and the column is NOT NULL',
    'Fill it in at the source, or make the column nullable.',
    'POSTGRES_NOT_NULL',
  );
}
