import type { Block } from '../binary/block.js';
import { writeInteger } from '../binary/write-integer.js';
import { chooseSpelling } from '../spelling/choose.js';
import { writeMicroseconds } from '../spelling/microseconds.js';
import { EXTRA_BYTES, NOT_SURE, type Spelling } from '../spelling/spelling.js';
import type { ValueType } from './column-types.js';
import { isDate } from './misfit.js';
import { writeJson } from './json-bytes.js';
import { toTextOf } from './to-text.js';
import { BYTES_PER_UNIT, writeUtf8 } from './utf8.js';

/**
 * Writes a value that is not null as its type's binary format, and makes room for it. Returns where it ends, or `NOT_SURE` for text that
 * the server alone can read. Throws a `Misfit` for a value that does not fit the type.
 */
export type BinaryValue = (block: Block, at: number, value: unknown) => number;

const DAY_MS = 86_400_000;
/** From 1970-01-01, JavaScript's, to 2000-01-01, PostgreSQL's. */
const EPOCH_DAYS = 10_957;
/** A few years short of the earliest that PostgreSQL has. */
const EARLIEST_MS = Date.UTC(-4_700, 0, 1);
const INTEGER_BYTES = { int2: 2, int4: 4, int8: 8 } as const;

/** Undefined for a type whose text the server alone can read. */
export function binaryValueOf(type: ValueType): BinaryValue | undefined {
  const spelling = chooseSpelling(type);
  if (spelling === undefined) return undefined;
  const asText = textValue(type, spelling);
  const direct = directValue(baseOf(type));
  if (direct === undefined) return asText;
  return (block, at, value) => {
    block.ensure(at, EXTRA_BYTES);
    const end = direct(block, at, value);
    return end === NOT_SURE ? asText(block, at, value) : end;
  };
}

/** What a domain is over. */
function baseOf(type: ValueType): string {
  return type.underlying === undefined ? type.base : baseOf(type.underlying);
}

/** By way of the text that the server would be given. */
function textValue(type: ValueType, spelling: Spelling): BinaryValue {
  const toText = toTextOf(type);
  const { version } = spelling;
  if (version === undefined) {
    let scratch = Buffer.alloc(256);
    return (block, at, value) => {
      const text = toText(value);
      if (text.length * BYTES_PER_UNIT > scratch.length) scratch = Buffer.alloc(text.length * BYTES_PER_UNIT);
      const length = writeUtf8(scratch, 0, text);
      block.ensure(at, length + EXTRA_BYTES);
      return spelling.write(block, at, scratch, 0, length);
    };
  }
  return (block, at, value) => {
    const text = toText(value);
    block.ensure(at, text.length * BYTES_PER_UNIT + EXTRA_BYTES);
    const start = at + 4 + version;
    const end = writeUtf8(block.bytes, start, text);
    block.view.setInt32(at, end - at - 4);
    if (version === 1) block.bytes[at + 4] = 1;
    return end;
  };
}

/** Values that need no text; `NOT_SURE` for all others. */
function directValue(base: string): BinaryValue | undefined {
  switch (base) {
    case 'int2':
    case 'int4':
    case 'int8':
      return integerValue(INTEGER_BYTES[base]);
    case 'float8':
      return doubleValue;
    case 'bool':
      return booleanValue;
    case 'date':
      return dateValue;
    case 'timestamp':
    case 'timestamptz':
      return instantValue;
    case 'json':
      return jsonValue(0);
    case 'jsonb':
      return jsonValue(1);
    default:
      return undefined;
  }
}

function integerValue(bytes: 2 | 4 | 8): BinaryValue {
  const limit = 2 ** (bytes * 8 - 1);
  return (block, at, value) => {
    if (!Number.isSafeInteger(value)) return NOT_SURE;
    // Number.isSafeInteger has told, which its type does not say.
    const whole = value as number;
    if (whole < -limit || whole >= limit) return NOT_SURE;
    const high = Math.floor(whole / 0x1_0000_0000);
    return writeInteger(block, at, bytes, high, (whole - high * 0x1_0000_0000) | 0);
  };
}

function doubleValue({ view }: Block, at: number, value: unknown): number {
  if (typeof value !== 'number') return NOT_SURE;
  view.setInt32(at, 8);
  view.setFloat64(at + 4, value);
  return at + 12;
}

function booleanValue({ bytes, view }: Block, at: number, value: unknown): number {
  if (typeof value !== 'boolean') return NOT_SURE;
  view.setInt32(at, 1);
  bytes[at + 4] = value ? 1 : 0;
  return at + 5;
}

/** @param version Bytes before the text, which say 1. */
function jsonValue(version: 0 | 1): BinaryValue {
  return (block, at, value) => {
    const start = at + 4 + version;
    const end = writeJson(block, start, value);
    if (end === NOT_SURE) return NOT_SURE;
    block.view.setInt32(at, end - at - 4);
    if (version === 1) block.bytes[at + 4] = 1;
    return end;
  };
}

function dateValue({ view }: Block, at: number, value: unknown): number {
  const time = isDate(value) ? value.getTime() : NaN;
  if (!(time >= EARLIEST_MS) || time % DAY_MS !== 0) return NOT_SURE;
  view.setInt32(at, 4);
  view.setInt32(at + 4, time / DAY_MS - EPOCH_DAYS);
  return at + 8;
}

function instantValue(block: Block, at: number, value: unknown): number {
  const time = isDate(value) ? value.getTime() : NaN;
  if (!(time >= EARLIEST_MS)) return NOT_SURE;
  const seconds = Math.floor(time / 1_000);
  return writeMicroseconds(block, at, seconds - EPOCH_DAYS * 86_400, (time - seconds * 1_000) * 1_000);
}
