import { TidemarkError } from '../../../contracts/errors.js';

/** A watermark nested deeper is a mistake (or a structure that holds itself). */
const MAX_DEPTH = 200;

/**
 * A JSON value as pg-bulk-ingest writes it, to the byte: `, ` and `: ` between, all that is not printable ASCII as `\uXXXX`, small
 * fractions with an exponent of two digits.
 * @throws TidemarkError HIGH_WATERMARK_BAD for what JSON would lose: undefined, NaN, a Date, a bigint, an integer beyond 2^53.
 */
export function jsonText(value: unknown): string {
  return text(value, '', 0);
}

function text(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw badWatermark(`is nested deeper than ${MAX_DEPTH} levels${at(path)}`);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return numberText(value, path);
  if (Array.isArray(value)) {
    // A hole of an array is undefined here, and refused.
    return `[${Array.from(value, (item, index) => text(item, `${path}[${index}]`, depth + 1)).join(', ')}]`;
  }
  if (isPlain(value)) {
    const members = Object.entries(value).map(
      ([key, item]) => `${quote(key)}: ${text(item, `${path}.${key}`, depth + 1)}`,
    );
    return `{${members.join(', ')}}`;
  }
  throw badWatermark(`is ${kind(value)}, which JSON has not${at(path)}`);
}

function numberText(value: number, path: string): string {
  if (!Number.isFinite(value)) throw badWatermark(`is ${value}, which JSON has not${at(path)}`);
  if (Number.isInteger(value)) {
    if (!Number.isSafeInteger(value))
      throw badWatermark(`is an integer beyond 2^53, which JSON would round${at(path)}`);
    return String(value);
  }
  const plain = String(Math.abs(value) < 1e-4 ? value.toExponential() : value);
  return plain.replace(/e-(\d)$/u, 'e-0$1');
}

function quote(value: string): string {
  // JSON.stringify escapes what is below a space, and half characters. By UTF-16 unit: surrogates are a pair of escapes.
  return JSON.stringify(value).replaceAll(/[\u007f-\uffff]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  // No comparison with Object.prototype: the value may come from another realm.
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kind(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'object') return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
  return `a ${typeof value}`;
}

function at(path: string): string {
  return path === '' ? '' : ` (at ${path})`;
}

/** `problem` goes on from "A high watermark ". */
export function badWatermark(problem: string): TidemarkError {
  return new TidemarkError(`A high watermark ${problem}.`, {
    code: 'HIGH_WATERMARK_BAD',
    retryable: false,
    mend: 'Give dates, large integers and the like as strings.',
  });
}
