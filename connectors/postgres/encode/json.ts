import { isPlainObject, kindOf, Misfit } from './misfit.js';

/** For a column of type json or jsonb: the JSON value null. JavaScript's null is SQL's NULL, as in every column. */
export const JSON_NULL: unique symbol = Symbol.for('tidemark.postgres.JSON_NULL');

// What needs an escape in a JSON string, and what no JSON of PostgreSQL can hold.
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;
const UNUSUAL = /[\0\ud800-\udfff]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
/** From here on JavaScript prints a number with an exponent, which claims no digits that it does not have. */
const EXPONENT_FROM = 1e21;

/**
 * A value as JSON text. Unlike `JSON.stringify` it refuses what that would change or drop in silence: NaN, infinities, undefined,
 * functions, integers that a number cannot hold exactly, NUL characters and half characters (jsonb refuses both). A bigint keeps
 * all its digits; an object with `toJSON` (a Date) is asked.
 */
export function toJson(value: unknown): string {
  return isUsual(value) ? JSON.stringify(value) : carefulJson(value);
}

/** What `JSON.stringify` says as we would: nearly every value, in two thirds of the time. */
function isUsual(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return !UNUSUAL.test(value);
    case 'number':
      // A fraction (of NaN and infinity the remainder is NaN), or a whole number that is exact.
      return value % 1 !== 0 ? Number.isFinite(value) : Number.isSafeInteger(value);
    case 'boolean':
      return true;
    case 'object': {
      if (value === null) return true;
      if (Array.isArray(value)) {
        // Not `every`, which skips holes.
        for (const item of value) if (!isUsual(item)) return false;
        return true;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return false;
      // `for in`, since Object.entries makes an array for each object. Its keys are the object's.
      for (const key in value)
        if (key === 'toJSON' || UNUSUAL.test(key) || !isUsual((value as Record<string, unknown>)[key])) return false;
      return true;
    }
    default:
      return false;
  }
}

function carefulJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return numberText(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? 'null' : objectText(value);
    case 'symbol':
      if (value === JSON_NULL) return 'null';
      break;
    default:
  }
  throw new Misfit(`${kindOf(value)} inside JSON has no text`, 'Give null for a missing value.');
}

function objectText(value: object): string {
  if (Array.isArray(value)) {
    let text = '[';
    for (let index = 0; index < value.length; index++) text += (index === 0 ? '' : ',') + carefulJson(value[index]);
    return `${text}]`;
  }
  // Before toJSON: a Buffer has one, which nobody means.
  if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set)
    throw new Misfit('JSON knows no binary data, Map or Set', 'Give an array, an object or text.');
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const replaced: unknown = Reflect.apply(value.toJSON, value, []);
    // An invalid Date says null.
    if (replaced === null && !isPlainObject(value)) throw new Misfit('an invalid Date inside JSON');
    return carefulJson(replaced);
  }
  let text = '{';
  let separator = '';
  for (const [key, item] of Object.entries(value)) {
    text += `${separator}${quoted(key)}:${carefulJson(item)}`;
    separator = ',';
  }
  return `${text}}`;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Misfit('JSON knows neither NaN nor infinity', 'Give null or text.');
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < EXPONENT_FROM)
    throw new Misfit('a number beyond 2^53 is not exact', 'Give a bigint, or text.');
  return String(value);
}

function quoted(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (text.includes('\0')) throw new Misfit('PostgreSQL cannot hold the character NUL', 'Take it out of the text.');
  if (LONE_SURROGATE.test(text))
    throw new Misfit('half a character (a lone surrogate)', 'Mend the text at its source.');
  return JSON.stringify(text);
}
