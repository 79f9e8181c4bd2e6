import type { PostgresTable } from '../../contracts/postgres-table.js';

export const SCHEMA = 'bench';
export const TABLE = 'rows';

/** Names in the worker: the connection to the target, the folder of files, the source that yields JavaScript values. */
export const TARGET = 'target';
export const FILES = 'files';
export const ROWS = 'rows';

/** The table that everybody fills, with the key or without. */
export function tableDefinition(hasKey: boolean): PostgresTable {
  return {
    schema: SCHEMA,
    name: TABLE,
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'note', type: 'text' },
      { name: 'amount', type: 'numeric' },
      { name: 'changed_at', type: 'timestamptz' },
      { name: 'active', type: 'boolean' },
      { name: 'name', type: 'text' },
      { name: 'attributes', type: 'jsonb' },
    ],
    ...(hasKey ? { primaryKey: ['id'] } : {}),
  };
}

/** The statements that make it, for who does not make it himself. */
export function createTable(hasKey: boolean): string {
  const { columns } = tableDefinition(hasKey);
  const list = columns.map(({ name, type }) => `${name} ${type}${hasKey && name === 'id' ? ' PRIMARY KEY' : ''}`);
  return `CREATE SCHEMA ${SCHEMA}; CREATE TABLE ${SCHEMA}.${TABLE} (${list.join(', ')});`;
}

/**
 * What of the rows is compared. Everything for Tidemark; less for who cannot do better: Python's csv module tells no NULL from an empty
 * text, and the Arrow path takes no numeric.
 */
export type Compared = 'everything' | 'empty as null' | 'without amount';

/** One line of a table's content: number of rows, and a sum over a hash of each. */
export function checksumQuery(compared: Compared): string {
  const columns = {
    everything: 'id, note, amount, changed_at, active, name, attributes',
    'empty as null': "id, nullif(note, ''), amount, changed_at, active, name, attributes",
    'without amount': 'id, note, changed_at, active, name, attributes',
  }[compared];
  return `SELECT count(*)::text AS rows, sum(hashtext(ROW(${columns})::text))::text AS checksum FROM ${SCHEMA}.${TABLE}`;
}
