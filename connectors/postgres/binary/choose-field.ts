import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import type { ValueType } from '../encode/column-types.js';
import { ArrayField } from './array-field.js';
import type { Field } from './field.js';
import type { IntegerLayout } from './integers.js';
import { BooleanField, DoubleField, IntegerField, RealField, WholeDoubleField } from './number-fields.js';
import { DecimalField, NumericTextField } from './numeric-fields.js';
import { ByteaField, JsonbField, TextField } from './text-fields.js';
import { DateField, IntervalField, NanosecondsField, TimeField, TimestampField } from './time-fields.js';
import { UuidField } from './uuid-field.js';
import type { IntegerBytes } from './write-integer.js';

/** How values of a DuckDB type go into a column. */
export interface FieldChoice {
  /** DuckDB type to cast to first. Never one that rounds. */
  cast?: string;
  create: () => Field;
}

const Id = DuckDBTypeId;

/** Dimensions of an array, at most. */
const MAX_DIMENSIONS = 6;

const INTEGERS: Readonly<Record<string, IntegerBytes>> = { int2: 2, int4: 4, int8: 8 };

/** Types whose binary format is their text. */
const TEXTS = new Set(['text', 'varchar', 'bpchar', 'name', 'citext', 'xml']);

/** Identities that the server gives the elements of arrays: fixed, unlike those of types that users make. */
const OIDS: Readonly<Record<string, number>> = {
  bool: 16, bytea: 17, name: 19, int8: 20, int2: 21, int4: 23, text: 25, json: 114, xml: 142, float4: 700, float8: 701,
  bpchar: 1042, varchar: 1043, date: 1082, time: 1083, timestamp: 1114, timestamptz: 1184, interval: 1186, numeric: 1700,
  uuid: 2950, jsonb: 3802,
}; // prettier-ignore

/** Undefined where no exact way into the binary format is known: then the values go as text. */
export function chooseField(target: ValueType, source: DuckDBType): FieldChoice | undefined {
  if (target.underlying !== undefined) return chooseField(target.underlying, source);
  if (target.kind === 'array') return chooseArray(target, source);
  // An enum's binary format is its label.
  if (target.kind === 'enum') return isText(source) ? asText(source, () => new TextField()) : undefined;
  if (target.kind !== 'base') return undefined;
  const bytes = INTEGERS[target.base];
  if (bytes !== undefined) return chooseInteger(bytes, source);
  if (TEXTS.has(target.base)) return isScalar(source) ? asText(source, () => new TextField()) : undefined;
  switch (target.base) {
    case 'json':
      return asJson(source, () => new TextField());
    case 'jsonb':
      return asJson(source, () => new JsonbField());
    case 'numeric':
      return chooseNumeric(source);
    case 'float8':
      return isNumber(source) ? castUnless(source, Id.DOUBLE, 'DOUBLE', () => new DoubleField()) : undefined;
    case 'float4':
      return isNumber(source) ? castUnless(source, Id.DOUBLE, 'DOUBLE', () => new RealField()) : undefined;
    case 'bool':
      return only(source, Id.BOOLEAN, () => new BooleanField());
    case 'bytea':
      return only(source, Id.BLOB, () => new ByteaField());
    case 'date':
      return only(source, Id.DATE, () => new DateField());
    case 'time':
      return only(source, Id.TIME, () => new TimeField());
    case 'timestamp':
    case 'timestamptz':
      return chooseTimestamp(source);
    case 'interval':
      return only(source, Id.INTERVAL, () => new IntervalField());
    case 'uuid':
      return only(source, Id.UUID, () => new UuidField());
    default:
      return undefined;
  }
}

function chooseArray(target: ValueType, source: DuckDBType): FieldChoice | undefined {
  const { element } = target;
  const oid = element?.kind === 'base' ? OIDS[element.base] : undefined;
  if (element === undefined || oid === undefined) return undefined;
  let leaf = source;
  let dimensions = 0;
  let isList = true;
  for (; leaf.typeId === Id.LIST || leaf.typeId === Id.ARRAY; dimensions++) {
    if (leaf.typeId === Id.ARRAY) isList = false;
    leaf = leaf.valueType;
  }
  if (dimensions === 0 || dimensions > MAX_DIMENSIONS) return undefined;
  const choice = chooseField(element, leaf);
  if (choice === undefined) return undefined;
  const create = (): Field => new ArrayField(dimensions, oid, choice.create());
  if (isList && choice.cast === undefined) return { create };
  return { cast: `${choice.cast ?? String(leaf)}${'[]'.repeat(dimensions)}`, create };
}

function chooseInteger(bytes: IntegerBytes, source: DuckDBType): FieldChoice | undefined {
  const integer = integerLayout(source);
  if (integer !== undefined) return { ...integer, create: () => new IntegerField(integer.layout, bytes) };
  if (source.typeId === Id.FLOAT || source.typeId === Id.DOUBLE)
    return castUnless(source, Id.DOUBLE, 'DOUBLE', () => new WholeDoubleField(bytes));
  return undefined;
}

function chooseNumeric(source: DuckDBType): FieldChoice | undefined {
  const integer = integerLayout(source);
  if (integer !== undefined) return { ...integer, create: () => new DecimalField(integer.layout, 0) };
  if (source.typeId === Id.DECIMAL) {
    const { width, scale } = source;
    const layout = width <= 4 ? 'int16' : width <= 9 ? 'int32' : width <= 18 ? 'int64' : 'int128';
    return { create: () => new DecimalField(layout, scale) };
  }
  // Not by way of DECIMAL, which rounds. A type of text with another name (JSON) is no number.
  return isNumber(source) || (source.typeId === Id.VARCHAR && source.alias === undefined)
    ? asText(source, () => new NumericTextField())
    : undefined;
}

function chooseTimestamp(source: DuckDBType): FieldChoice | undefined {
  switch (source.typeId) {
    case Id.TIMESTAMP:
    case Id.TIMESTAMP_TZ:
      return { create: () => new TimestampField() };
    case Id.TIMESTAMP_NS:
      return { create: () => new NanosecondsField() };
    case Id.TIMESTAMP_S:
    case Id.TIMESTAMP_MS:
    case Id.DATE:
      return { cast: 'TIMESTAMP', create: () => new TimestampField() };
    default:
      return undefined;
  }
}

function integerLayout(source: DuckDBType): { layout: IntegerLayout; cast?: string } | undefined {
  switch (source.typeId) {
    case Id.TINYINT:
      return { layout: 'int8' };
    case Id.UTINYINT:
      return { layout: 'uint8' };
    case Id.SMALLINT:
      return { layout: 'int16' };
    case Id.USMALLINT:
      return { layout: 'uint16' };
    case Id.INTEGER:
      return { layout: 'int32' };
    case Id.UINTEGER:
      return { layout: 'int64', cast: 'BIGINT' };
    case Id.BIGINT:
      return { layout: 'int64' };
    case Id.UBIGINT:
      return { layout: 'int128', cast: 'HUGEINT' };
    case Id.HUGEINT:
      return { layout: 'int128' };
    default:
      return undefined;
  }
}

function asText(source: DuckDBType, create: () => Field): FieldChoice {
  return castUnless(source, Id.VARCHAR, 'VARCHAR', create);
}

/** Text is taken for JSON's own; anything else is spelt as JSON by DuckDB. */
function asJson(source: DuckDBType, create: () => Field): FieldChoice | undefined {
  if (source.typeId === Id.BLOB || source.typeId === Id.BIT || source.typeId === Id.GEOMETRY) return undefined;
  return castUnless(source, Id.VARCHAR, 'JSON', create);
}

function only(source: DuckDBType, id: DuckDBTypeId, create: () => Field): FieldChoice | undefined {
  return source.typeId === id ? { create } : undefined;
}

function castUnless(source: DuckDBType, id: DuckDBTypeId, cast: string, create: () => Field): FieldChoice {
  return source.typeId === id ? { create } : { cast, create };
}

function isText({ typeId }: DuckDBType): boolean {
  return typeId === Id.VARCHAR || typeId === Id.ENUM;
}

function isNumber(source: DuckDBType): boolean {
  const { typeId } = source;
  return integerLayout(source) !== undefined || [Id.UHUGEINT, Id.FLOAT, Id.DOUBLE, Id.DECIMAL].includes(typeId);
}

/** Has a text of its own that says what it is. */
function isScalar(source: DuckDBType): boolean {
  return (
    isText(source) ||
    isNumber(source) ||
    [Id.BOOLEAN, Id.UUID, Id.DATE, Id.TIME, Id.TIMESTAMP, Id.TIMESTAMP_TZ, Id.INTERVAL].includes(source.typeId)
  );
}
