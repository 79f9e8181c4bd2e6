import type { ValueType } from './column-types.js';
import { isPlainObject, kindOf, Misfit, undefinedValue, unfit } from './misfit.js';
import type { ToText } from './scalars.js';

/**
 * Arrays of any depth by recursion; lengths that differ within a dimension are the server's to refuse. Where an element may itself
 * be written as an array (json, composite, vector, multirange) the outer array is the only dimension: give deeper ones as text.
 */
export function arrayText(type: ValueType, element: ValueType, ofElement: ToText): ToText {
  const deep = !mayBeArray(element);
  const delimiter = element.delimiter;
  const list = (items: readonly unknown[]): string => {
    let text = '{';
    // By index: a hole in an array is undefined, which map would skip.
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (index > 0) text += delimiter;
      if (item === null) text += 'NULL';
      else if (item === undefined) throw undefinedValue();
      else if (deep && Array.isArray(item)) text += list(item);
      else text += quoted(ofElement(item));
    }
    return `${text}}`;
  };
  return (value) => {
    if (typeof value === 'string') return value;
    if (!Array.isArray(value)) throw unfit(value, type.type, 'Give an array.');
    const text = list(value);
    // Lists of nothing but empty lists: PostgreSQL takes them so since 17, and has no other empty array than this one.
    return /^[{},;]+$/.test(text) ? '{}' : text;
  };
}

function mayBeArray(type: ValueType): boolean {
  if (type.kind === 'domain' && type.underlying !== undefined) return mayBeArray(type.underlying);
  return ['array', 'composite', 'multirange'].includes(type.kind) || ['json', 'jsonb', ...VECTORS].includes(type.base);
}

const RANGE_KEYS = ['lower', 'upper', 'lowerInclusive', 'upperInclusive', 'empty'];
const RANGE_MEND = 'Give {lower, upper, lowerInclusive, upperInclusive}, null for an open end, or {empty: true}.';

/** `{lower, upper, lowerInclusive, upperInclusive}`, null for an open end, `[` and `)` where not said; `{empty: true}`; or text. */
export function rangeText(type: ValueType, ofBound: ToText): ToText {
  const bound = (value: unknown): string => {
    if (value === undefined) throw new Misfit('a range lacks a bound', RANGE_MEND);
    return value === null ? '' : quoted(ofBound(value));
  };
  return (value) => {
    if (typeof value === 'string') return value;
    if (!isPlainObject(value)) throw unfit(value, type.type, RANGE_MEND);
    if (Object.keys(value).some((key) => !RANGE_KEYS.includes(key)))
      throw new Misfit('an object with other keys than those of a range is no range', RANGE_MEND);
    const { lower, upper, lowerInclusive = true, upperInclusive = false, empty = false } = value;
    if ([lowerInclusive, upperInclusive, empty].some((flag) => typeof flag !== 'boolean'))
      throw new Misfit('a range says with true or false what it includes', RANGE_MEND);
    if (empty === true) return 'empty';
    return `${lowerInclusive === true ? '[' : '('}${bound(lower)},${bound(upper)}${upperInclusive === true ? ']' : ')'}`;
  };
}

export function multirangeText(type: ValueType, ofRange: ToText): ToText {
  return (value) => {
    if (typeof value === 'string') return value;
    if (!Array.isArray(value)) throw unfit(value, type.type, 'Give an array of ranges.');
    // `Array.isArray` gives any[].
    const ranges: readonly unknown[] = value;
    return `{${ranges.map((range) => ofRange(range)).join(',')}}`;
  };
}

/** An array in the order of the fields, or an object with every field by its name; or text. */
export function compositeText(type: ValueType, fields: readonly { name: string; toText: ToText }[]): ToText {
  const names = new Set(fields.map(({ name }) => name));
  const join = (valueOf: (name: string, index: number) => unknown): string => {
    const parts = fields.map(({ name, toText }, index) => {
      const value = valueOf(name, index);
      if (value === undefined)
        throw new Misfit(`field ${JSON.stringify(name)} is undefined`, 'Give null for a missing value.');
      return value === null ? '' : quoted(toText(value));
    });
    return `(${parts.join(',')})`;
  };
  return (value) => {
    if (typeof value === 'string') return value;
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      if (items.length !== fields.length)
        throw new Misfit(`an array of ${items.length} for the ${fields.length} fields of ${type.type}`);
      return join((_name, index) => items[index]);
    }
    if (!isPlainObject(value)) throw unfit(value, type.type, 'Give an array or an object of its fields.');
    if (Object.keys(value).some((key) => !names.has(key)))
      throw new Misfit(`an object with other keys than the fields of ${type.type}`);
    return join((name) => (Object.hasOwn(value, name) ? value[name] : undefined));
  };
}

/** pgvector's types that are written as a list of numbers. */
export const VECTORS = ['vector', 'halfvec'];

export function vectorText(value: unknown): string {
  if (typeof value === 'string') return value;
  const isTyped = value instanceof Float32Array || value instanceof Float64Array;
  if (!isTyped && !Array.isArray(value)) throw unfit(value, 'vector', 'Give an array of numbers.');
  const numbers: Iterable<unknown> = value;
  const parts: string[] = [];
  for (const item of numbers) {
    if (typeof item !== 'number' || !Number.isFinite(item))
      throw new Misfit(`${typeof item === 'number' ? 'NaN or infinity' : kindOf(item)} inside a vector`);
    parts.push(String(item));
  }
  return `[${parts.join(',')}]`;
}

/** Arrays, ranges and composites all read this, whatever is inside. */
function quoted(text: string): string {
  return /["\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : `"${text}"`;
}
