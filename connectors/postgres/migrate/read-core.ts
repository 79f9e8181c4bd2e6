import type { ClientBase } from 'pg';
import type { QualifiedName } from '../quote.js';
import type { LiveColumn, LiveIndex } from './shape.js';

/** What one look at the catalogue tells of a relation itself; what belongs to it is read apart. */
export interface CoreTable {
  oid: string;
  /** `pg_class.relkind`: r an ordinary table, p a partitioned one, v a view, ... */
  kind: string;
  schema: string;
  name: string;
  columns: LiveColumn[];
  primaryKey: string[];
  primaryKeyName: string | null;
  /** A deferrable key cannot settle which row is already there, so it is as good as another key. */
  primaryKeyDeferrable: boolean;
  indexes: LiveIndex[];
  comment: string | null;
  estimatedRows: number | null;
  mayRead: boolean;
}

/**
 * An index in the server's words, without the names of index and table: what stands before `USING` is built as the server
 * builds it, so that its length is known whatever the names are. An index that is not valid (a failed CREATE INDEX
 * CONCURRENTLY) serves nobody, so it counts as absent; an exclusion constraint is kept with the constraints.
 */
const INDEXES = `
  SELECT coalesce(json_agg(json_build_object(
    'name', ic.relname,
    'unique', i.indisunique,
    'isConstraint', k.oid IS NOT NULL,
    'columns', (SELECT json_agg(coalesce(a.attname, 'expr') ORDER BY key.place)
      FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key(number, place)
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.number),
    'definition', substr(pg_get_indexdef(i.indexrelid), 1 + length(
        'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || quote_ident(ic.relname) || ' ON '
        || CASE WHEN c.relkind = 'p' THEN 'ONLY ' ELSE '' END
        || CASE WHEN c.relnamespace = pg_my_temp_schema() THEN 'pg_temp' ELSE quote_ident(n.nspname) END
        || '.' || quote_ident(c.relname) || ' USING '))
      || CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END
      || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END
  ) ORDER BY ic.relname), '[]')
  FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'u'
  WHERE i.indrelid = c.oid AND NOT i.indisprimary AND NOT i.indisexclusion AND i.indisvalid`;

/** Where a sequence stands is asked only by who may: an append-only role need not. */
const COLUMNS = `
  SELECT coalesce(json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'notNull', a.attnotnull,
    'comment', col_description(c.oid, a.attnum),
    'collation', CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
      THEN (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co
            JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END,
    'defaultExpression', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'settings', to_json(array_remove(ARRAY[
      CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END,
      CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' ||
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
      CASE a.attcompression WHEN 'p' THEN 'SET COMPRESSION pglz' WHEN 'l' THEN 'SET COMPRESSION lz4' END,
      'SET (' || array_to_string(a.attoptions, ', ') || ')'], NULL)),
    'ownedSequence', (SELECT quote_ident(sn.nspname) || '.' || quote_ident(s.relname) FROM pg_depend p
      JOIN pg_class s ON s.oid = p.objid AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
      WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
        AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND p.deptype = 'a' LIMIT 1),
    'identity', CASE WHEN a.attidentity <> '' THEN (SELECT json_build_object(
        'always', a.attidentity = 'a',
        'options', format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s', q.seqincrement, q.seqmin, q.seqmax,
          q.seqstart, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END),
        'lastValue', CASE WHEN has_sequence_privilege(q.seqrelid, 'SELECT, USAGE') THEN pg_sequence_last_value(q.seqrelid)::text END)
      FROM pg_depend p JOIN pg_sequence q ON q.seqrelid = p.objid
      WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
        AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i' LIMIT 1) END
  ) ORDER BY a.attnum), '[]')
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** `reltuples` is -1 where nobody has ever counted. */
const CORE = `
  SELECT c.oid::text AS oid, c.relkind::text AS kind, n.nspname::text AS schema, c.relname::text AS name,
    obj_description(c.oid, 'pg_class') AS comment,
    CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::float8 END AS "estimatedRows",
    has_table_privilege(c.oid, 'SELECT') AS "mayRead",
    (${COLUMNS}) AS columns,
    (${INDEXES}) AS indexes,
    coalesce((SELECT json_agg(a.attname ORDER BY key.place) FROM unnest(p.indkey::int2[]) WITH ORDINALITY AS key(number, place)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.number WHERE key.place <= p.indnkeyatts), '[]') AS "primaryKey",
    (SELECT relname::text FROM pg_class WHERE oid = p.indexrelid) AS "primaryKeyName",
    coalesce(NOT p.indimmediate, false) AS "primaryKeyDeferrable"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary
  WHERE c.relname = $2 AND n.oid = CASE WHEN $1 = 'pg_temp' THEN pg_my_temp_schema() ELSE (SELECT oid FROM pg_namespace WHERE nspname = $1) END`;

/**
 * Undefined when there is no relation of that name. To be called with the catalogue's search path. Found by its row, not by a cast to
 * regclass: that goes by what the session remembers of names, which can be older than the lock that it has just waited for.
 */
export async function readCore(client: ClientBase, { schema, name }: QualifiedName): Promise<CoreTable | undefined> {
  const { rows } = await client.query<CoreTable>(CORE, [schema, name]);
  return rows[0];
}
