import type { QueryResult, QueryResultRow } from 'pg';

export interface ColumnType {
  /** Object id of the type. */
  oid: number;
  /** As SQL spells it, without length: `timestamp with time zone`. */
  name: string;
}

type Ask = <Row extends QueryResultRow>(sql: string) => Promise<QueryResult<Row>>;

/** Columns of what stands behind FROM, by name. */
export async function columnTypes(ask: Ask, relation: string): Promise<Map<string, ColumnType>> {
  const { fields } = await ask(`SELECT * FROM ${relation} LIMIT 0`);
  const oids = fields.map(({ dataTypeID }) => dataTypeID);
  const { rows } = await ask<{ names: string[] }>(
    // -1: without a length, which a cast would cut values to.
    `SELECT array_agg(format_type(oid, -1) ORDER BY place) AS names FROM unnest('{${oids.join(',')}}'::oid[]) WITH ORDINALITY AS t(oid, place)`,
  );
  const names = rows[0]?.names ?? [];
  return new Map(
    fields.map(({ name, dataTypeID }, index) => [name, { oid: dataTypeID, name: names[index] ?? 'text' }]),
  );
}
