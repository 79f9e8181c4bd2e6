import type { ComparedColumn } from './columns.js';

/**
 * SQL for the rows of a delta without the deletes of records whose key the source only spells otherwise: `7` for `007` in an integer column.
 * Whether TitanRDM keeps the spelling of a key is not documented. Where it does not, both mean one record, and the delete would take what
 * the insert beside it has just written. Where it does, the record of the old spelling goes with the next run, which meets the new one.
 * Undefined where every key is a text, for which each spelling is a key of its own.
 */
export function withoutRespelt(columns: readonly ComparedColumn[], rows: string): string | undefined {
  const keys = columns.flatMap(({ isKey, dataType }, place) => (isKey ? [{ name: `c${place + 1}`, dataType }] : []));
  if (keys.every(({ dataType }) => valueOf('x', dataType) === 'x')) return undefined;
  const same = keys.map(
    ({ name, dataType }) => `${valueOf(`i.${name}`, dataType)} IS NOT DISTINCT FROM ${valueOf(`d.${name}`, dataType)}`,
  );
  return `SELECT * FROM ${rows} d WHERE c0 <> 'd' OR NOT EXISTS
    (SELECT 1 FROM ${rows} i WHERE i.c0 = 'i' AND ${same.join(' AND ')})`;
}

/** An expression that is the same for two spellings of one value of a data type; the text itself where it is not known to have several. */
function valueOf(column: string, dataType: string): string {
  const type = dataType.toLowerCase().replace(/\(.*$/u, '').trim();
  const cast = CASTS[type];
  if (cast !== undefined) return `coalesce(TRY_CAST(${column} AS ${cast})::VARCHAR, ${column})`;
  if (type === 'uuid') return `lower(${column})`;
  return column;
}

const WHOLE = 'HUGEINT';
const DECIMAL = 'DECIMAL(38, 10)';
const CASTS: Record<string, string | undefined> = {
  ...{ smallint: WHOLE, int: WHOLE, integer: WHOLE, bigint: WHOLE },
  ...{ decimal: DECIMAL, numeric: DECIMAL, float: DECIMAL, double: DECIMAL, real: DECIMAL },
  ...{ date: 'DATE', timestamp: 'TIMESTAMP', datetime: 'TIMESTAMP', timestamptz: 'TIMESTAMP' },
};
