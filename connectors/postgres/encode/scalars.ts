import { Misfit, unfit } from './misfit.js';

/** A value that is not null as PostgreSQL's text of its type; throws a `Misfit` when it does not fit the type. */
export type ToText = (value: unknown) => string;

/** smallint, integer, bigint, oid: numbers must be whole and exact. Text is the server's to judge. */
export function integerText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      if (Number.isSafeInteger(value)) return value === 0 ? '0' : String(value);
      if (Number.isInteger(value)) throw inexact();
      throw new Misfit('a number that is not whole is no integer', 'Round it, or make the column numeric.');
    case 'bigint':
    case 'string':
      return String(value);
    default:
      throw unfit(value, 'integer');
  }
}

/** numeric, money: every digit counts, so a number that JavaScript has rounded is refused. */
export function numericText(value: unknown): string {
  // The usual one first, and no switch: V8 would look the word of its type up for each value.
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') throw unfit(value, 'number');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw inexact();
  return String(value);
}

/** real and double precision: what JavaScript's numbers are, so all of them fit. */
export function floatText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      // String(-0) has lost the sign.
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
    case 'string':
      return String(value);
    default:
      throw unfit(value, 'number');
  }
}

/** Strict: 1 and 0 as numbers are no booleans. Text is the server's to judge (`t`, `yes`, `off`, ...). */
export function booleanText(value: unknown): string {
  if (value === true) return 't';
  if (value === false) return 'f';
  if (typeof value === 'string') return value;
  throw unfit(value, 'boolean');
}

/** text, varchar, char and whatever the server reads from text alone: uuid, inet, enums, tsvector, xml, ... */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') throw unfit(value, 'text', 'Turn it into text at the source.');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw inexact();
  return String(value);
}

/** Binary data, or text as the server itself prints it: `\x` and hex digits. */
export function byteaText(value: unknown): string {
  // A view of any kind is taken for the bytes beneath it, as Node's own functions do.
  if (ArrayBuffer.isView(value))
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]')
    // `toString` has told: an ArrayBuffer of this realm or another.
    return `\\x${Buffer.from(value as ArrayBuffer).toString('hex')}`;
  if (typeof value === 'string' && /^\\x(?:[0-9a-f]{2})*$/i.test(value)) return value;
  throw unfit(value, 'bytea', 'Give a Buffer or a Uint8Array, or text such as \\x00ff.');
}

function inexact(): Misfit {
  return new Misfit('a number beyond 2^53 is not exact', 'Give a bigint, or text.');
}
