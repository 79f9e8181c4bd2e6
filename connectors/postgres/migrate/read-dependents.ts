import type { ClientBase } from 'pg';
import { GRANTS, type Grant } from './grants.js';

/** A view or materialized view that depends on the table, directly or through other views, in any schema. */
export interface DependentView {
  oid: string;
  isMaterialized: boolean;
  schema: string;
  name: string;
  /** The SELECT, with every name outside `pg_catalog` qualified; no semicolon at its end. */
  definition: string;
  columns: { name: string; type: string; collation: string | null; comment: string | null }[];
  /** `security_barrier=true`, ... */
  options: string[];
  owner: string;
  /** The current role has the owner's rights: may replace or drop it. */
  isOwned: boolean;
  /** The current role is the owner. */
  isOwnedByRole: boolean;
  /** Oids of the table and views that it reads itself, among those that are replaced. */
  reads: string[];
  /** Columns of the table that it reads itself. */
  readsColumns: string[];
  comment: string | null;
  /** Of materialized views, since ordinary ones are not dropped: */
  isPopulated: boolean;
  tablespace: string | null;
  grants: Grant[];
  hasDefaultGrants: boolean;
  defaultGrantees: (string | null)[];
  indexes: { name: string; statement: string; comment: string | null }[];
}

/** A rule of another relation that mentions the table or a materialized view on it. */
export interface DependentRule {
  relation: string;
  name: string;
  statement: string;
}

export interface Dependents {
  views: DependentView[];
  rules: DependentRule[];
  /** What else depends on what would be dropped, in PostgreSQL's words: functions, columns of its row type, ... */
  others: { what: string; on: string }[];
}

/**
 * Views depend on a relation by the rule that makes them one. UNION (without ALL) ends cycles, which CREATE OR REPLACE VIEW
 * can make. `readers` has the table, too: as what the others read.
 */
const READERS = `
  WITH RECURSIVE readers(oid) AS (
    SELECT $1::oid
    UNION
    SELECT w.ev_class FROM readers r
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN'
  )`;

const VIEW_COLUMNS = `
  SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
    'comment', col_description(c.oid, a.attnum),
    'collation', CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
      THEN (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co
            JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END) ORDER BY a.attnum)
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

/** Both in one go over pg_depend: a view's rule has a row for each relation and column that it reads. */
const VIEWS = `${READERS},
  uses AS (
    SELECT w.ev_class AS reader, d.refobjid AS read, d.refobjsubid AS number
    FROM readers r
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN' AND w.ev_class <> r.oid
  )
  SELECT c.oid::text AS oid, c.relkind = 'm' AS "isMaterialized", n.nspname::text AS schema, c.relname::text AS name,
    rtrim(pg_get_viewdef(c.oid), ';') AS definition, coalesce((${VIEW_COLUMNS}), '[]') AS columns,
    coalesce(to_json(c.reloptions), '[]') AS options, pg_get_userbyid(c.relowner)::text AS owner,
    pg_has_role(c.relowner, 'USAGE') AS "isOwned",
    pg_get_userbyid(c.relowner) = current_user AS "isOwnedByRole",
    (SELECT json_agg(DISTINCT u.read::text) FROM uses u WHERE u.reader = c.oid) AS reads,
    coalesce((SELECT json_agg(DISTINCT a.attname) FROM uses u JOIN pg_attribute a ON a.attrelid = u.read AND a.attnum = u.number
      WHERE u.reader = c.oid AND u.read = $1::oid AND u.number > 0), '[]') AS "readsColumns",
    obj_description(c.oid, 'pg_class') AS comment, c.relispopulated AS "isPopulated",
    (SELECT spcname::text FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace,
    (${GRANTS}) AS grants, c.relacl IS NULL AS "hasDefaultGrants",
    (SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(nullif(x.grantee, 0))::text), '[]') FROM pg_default_acl d, aclexplode(d.defaclacl) x
      WHERE d.defaclrole = current_user::regrole AND d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, c.relnamespace)) AS "defaultGrantees",
    coalesce((SELECT json_agg(json_build_object('name', quote_ident(n.nspname) || '.' || quote_ident(x.relname),
      'statement', pg_get_indexdef(x.oid), 'comment', obj_description(x.oid, 'pg_class')) ORDER BY x.relname)
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid), '[]') AS indexes
  FROM readers r JOIN pg_class c ON c.oid = r.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid <> $1::oid
  ORDER BY c.oid`;

/** What will be dropped: the table and the materialized views. Ordinary views stay and are only redefined. */
const DROPPED = `${READERS},
  dropped AS (SELECT c.oid, c.reltype FROM readers r JOIN pg_class c ON c.oid = r.oid WHERE c.oid = $1::oid OR c.relkind = 'm')`;

const RULES = `${DROPPED}
  SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS relation, w.rulename::text AS name,
    pg_get_ruledef(w.oid) AS statement
  FROM dropped o
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = o.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename <> '_RETURN' AND w.ev_class <> $1::oid
  JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  ORDER BY 1, 2`;

/**
 * Anything that would make DROP ... RESTRICT fail. Left out is what is dropped with the relation or brought back by us: rules,
 * and the relation's own constraints, triggers, defaults, policies and indexes, foreign keys that point at the table.
 */
const OTHERS = `${DROPPED}
  SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) AS what, pg_describe_object('pg_class'::regclass, o.oid, 0) AS on
  FROM dropped o
  JOIN pg_depend d ON d.deptype = 'n' AND (
    d.refclassid = 'pg_class'::regclass AND d.refobjid = o.oid AND d.classid <> 'pg_rewrite'::regclass
    OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (o.reltype, (SELECT typarray FROM pg_type WHERE oid = o.reltype)))
  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
      AND (k.conrelid = o.oid OR k.contype = 'f'))
    AND NOT EXISTS (SELECT FROM pg_trigger t WHERE d.classid = 'pg_trigger'::regclass AND t.oid = d.objid AND t.tgrelid = o.oid)
    AND NOT EXISTS (SELECT FROM pg_attrdef a WHERE d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid AND a.adrelid = o.oid)
    AND NOT EXISTS (SELECT FROM pg_policy p WHERE d.classid = 'pg_policy'::regclass AND p.oid = d.objid AND p.polrelid = o.oid)
    AND NOT EXISTS (SELECT FROM pg_index i WHERE d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid AND i.indrelid = o.oid)
  ORDER BY 1, 2`;

/** To be called with the catalogue's search path. */
export async function readDependents(client: ClientBase, oid: string): Promise<Dependents> {
  const { rows: views } = await client.query<DependentView>(VIEWS, [oid]);
  const { rows: rules } = await client.query<DependentRule>(RULES, [oid]);
  const { rows: others } = await client.query<{ what: string; on: string }>(OTHERS, [oid]);
  return { views, rules, others };
}
