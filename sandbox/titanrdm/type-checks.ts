import type { Column } from './catalog.js';

const INTEGER = '[+-]?[0-9]+';
const DECIMAL = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)';
const FLOAT = `${DECIMAL}([eE][+-]?[0-9]+)?`;
const ZONE = '(Z|[+-][0-9]{2}(:?[0-9]{2})?)?';
const DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const TIME = `[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?`;
const UUID = '[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
const BOOLEAN = '(?i)(true|false|t|f|yes|no|y|n|1|0)';

function matches(column: string, pattern: string): string {
  return `regexp_full_match(${column}, '${pattern}')`;
}

/**
 * SQL that is true where a value of the column does not fit its `data_type`, or undefined when any text does.
 * Our choice, since nothing documents the product's: an integer has digits only (`1.0` and the empty string are refused)
 * and fits 64 bits; what fits is kept as it was spelled (`1.10`, `00501`, `True`). NULL fits every type.
 */
export function misfit(column: Column): string | undefined {
  const name = column.stored;
  const type = column.dataType.toLowerCase().replace(/\(.*$/, '').trim();
  switch (type) {
    case 'integer':
    case 'int':
    case 'smallint':
    case 'bigint':
      return `NOT (${matches(name, INTEGER)} AND TRY_CAST(${name} AS BIGINT) IS NOT NULL)`;
    case 'decimal':
    case 'numeric':
      return `NOT ${matches(name, DECIMAL)}`;
    case 'float':
    case 'double':
    case 'real':
    case 'double precision':
      return `NOT ${matches(name, FLOAT)}`;
    case 'boolean':
    case 'bool':
      return `NOT ${matches(name, BOOLEAN)}`;
    case 'date':
      return `NOT (${matches(name, DATE)} AND TRY_CAST(${name} AS DATE) IS NOT NULL)`;
    case 'timestamp':
    case 'timestamptz':
    case 'datetime':
    case 'timestamp with time zone':
    case 'timestamp without time zone':
      return `NOT (${matches(name, `${DATE}([T ]${TIME}${ZONE})?`)} AND TRY_CAST(substr(${name}, 1, 10) AS DATE) IS NOT NULL)`;
    case 'time':
      return `NOT ${matches(name, TIME + ZONE)}`;
    case 'uuid':
      return `NOT ${matches(name, UUID)}`;
    default:
      return column.length === null ? undefined : `length(${name}) > ${column.length}`;
  }
}
