import { type DuckDBArrayType, type DuckDBListType, DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { identifier, quoted } from '../../tables/duck.js';
import type { ValueType } from '../encode/column-types.js';

const Id = DuckDBTypeId;

/** Types whose text may hold a backslash, a tab or the end of a line. */
const NEEDS_ESCAPE = new Set([
  Id.VARCHAR,
  Id.ENUM,
  Id.BLOB,
  Id.LIST,
  Id.ARRAY,
  Id.STRUCT,
  Id.MAP,
  Id.UNION,
  Id.VARIANT,
]);

/** SQL for DuckDB: a value as a field of COPY's text format. */
export function fieldExpression(target: ValueType, source: DuckDBType, column: string): string {
  const text = textExpression(target, source, identifier(column));
  const field = !NEEDS_ESCAPE.has(source.typeId)
    ? text
    : source.typeId === Id.VARCHAR
      ? escapedWhereNeeded(text)
      : escaped(text);
  return `coalesce(${field}, '\\N')`;
}

/** SQL for DuckDB: a value's text as PostgreSQL reads it. NULL for NULL. */
function textExpression(target: ValueType, source: DuckDBType, value: string, depth = 0): string {
  if (target.underlying !== undefined) return textExpression(target.underlying, source, value, depth);
  if ((target.base === 'json' || target.base === 'jsonb') && source.typeId !== Id.VARCHAR)
    return `CAST(to_json(${value}) AS VARCHAR)`;
  switch (source.typeId) {
    case Id.BLOB:
      return `('\\x' || hex(${value}))`;
    case Id.FLOAT:
    case Id.DOUBLE:
      return ['int2', 'int4', 'int8'].includes(target.base) ? wholeText(value) : plainText(value);
    case Id.TIMESTAMP_NS:
      return `CASE WHEN isfinite(${value}) AND epoch_ns(${value}) % 1000 <> 0 THEN error('a fraction of a microsecond') ELSE ${timeText(value, target)} END`;
    case Id.DATE:
    case Id.TIMESTAMP:
    case Id.TIMESTAMP_S:
    case Id.TIMESTAMP_MS:
    case Id.TIMESTAMP_TZ:
      return timeText(value, target);
    case Id.LIST:
    case Id.ARRAY:
      if (target.element !== undefined && target.kind === 'array')
        return orEmpty(arrayText(target, target.element, source.valueType, value, depth), source.valueType);
      // The text of a list is that of pgvector's types.
      return target.kind === 'base' && ['vector', 'halfvec'].includes(target.base) ? plainText(value) : json(value);
    case Id.STRUCT:
      return target.fields === undefined
        ? json(value)
        : rowText(target.fields, source.entryTypes, source.entryNames, value, depth);
    case Id.MAP:
    case Id.UNION:
      return json(value);
    default:
      return plainText(value);
  }
}

/** `{...}`. Inner arrays stand as they are, all else is quoted. */
function arrayText(target: ValueType, element: ValueType, source: DuckDBType, value: string, depth: number): string {
  const name = `e${depth}`;
  // The elements of an array of arrays have the array's own type.
  const text = isList(source)
    ? arrayText(target, element, source.valueType, name, depth + 1)
    : inQuotes(textExpression(element, source, name, depth + 1));
  const item = `coalesce(${text}, 'NULL')`;
  const items = `list_transform(${value}, lambda ${name}: ${item})`;
  const joined = `coalesce(array_to_string(${items}, ${quoted(element.delimiter)}), '')`;
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE '{' || ${joined} || '}' END`;
}

/** Lists of nothing but empty lists: PostgreSQL takes them so since 17, and has no other empty array than `{}`. */
function orEmpty(array: string, source: DuckDBType): string {
  return isList(source) ? `regexp_replace(${array}, '^[{},;]+$', '{}')` : array;
}

function isList(type: DuckDBType): type is DuckDBListType | DuckDBArrayType {
  return type.typeId === Id.LIST || type.typeId === Id.ARRAY;
}

/** `(...)`, a field that is not there or NULL being nothing at all. */
function rowText(
  fields: readonly (ValueType & { name: string })[],
  types: readonly DuckDBType[],
  names: readonly string[],
  value: string,
  depth: number,
): string {
  const items = fields.map((field) => {
    const source = types[names.indexOf(field.name)];
    if (source === undefined) return `''`;
    return `coalesce(${inQuotes(textExpression(field, source, `struct_extract(${value}, ${quoted(field.name)})`, depth))}, '')`;
  });
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE '(' || concat_ws(',', ${items.join(', ')}) || ')' END`;
}

/** DuckDB writes years before Christ as `0044-03-15 (BC) 10:00:00`. What has no zone is UTC. */
function timeText(value: string, target: ValueType): string {
  const text = plainText(target.base === 'timestamptz' ? `CAST(${value} AS TIMESTAMPTZ)` : value);
  return `CASE WHEN contains(${text}, ' (BC)') THEN replace(${text}, ' (BC)', '') || ' BC' ELSE ${text} END`;
}

/** 3.0 as 3; what is not whole stays, and is refused by the server. */
function wholeText(value: string): string {
  return `CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e19 THEN CAST(CAST(${value} AS HUGEINT) AS VARCHAR) ELSE ${plainText(value)} END`;
}

function plainText(value: string): string {
  return `CAST(${value} AS VARCHAR)`;
}

function json(value: string): string {
  return `CAST(to_json(${value}) AS VARCHAR)`;
}

function inQuotes(text: string): string {
  return `'"' || replace(replace(${text}, '\\', '\\\\'), '"', '\\"') || '"'`;
}

const ESCAPES = [
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
] as const;

function escaped(text: string): string {
  return ESCAPES.reduce((sql, [character, escape]) => `replace(${sql}, ${characterSql(character)}, '${escape}')`, text);
}

/** Looking first costs DuckDB a third of replacing four times what is not there. */
function escapedWhereNeeded(text: string): string {
  const needed = ESCAPES.map(([character]) => `contains(${text}, ${characterSql(character)})`).join(' OR ');
  return `CASE WHEN ${needed} THEN ${escaped(text)} ELSE ${text} END`;
}

function characterSql(character: string): string {
  return `chr(${character.charCodeAt(0)})`;
}
