import type { ClientBase } from 'pg';
import { GRANTS, type Grant } from './grants.js';

/** A check, an exclusion, or a foreign key to another table. */
export interface OwnConstraint {
  name: string;
  kind: 'check' | 'exclusion' | 'foreign-key';
  columns: string[];
  /** All after the name: `CHECK ((a > 0))`. */
  definition: string;
  /** A foreign key of the table to itself. */
  isToItself: boolean;
}

/** A foreign key of another table that points here. */
export interface IncomingKey {
  /** The other table as SQL. */
  table: string;
  name: string;
  /** Columns here. */
  columns: string[];
  definition: string;
  /** Whether the current role may drop and add it. */
  mayAlter: boolean;
}

/** What is restored by running its own definition again. */
export interface Restorable {
  kind: 'trigger' | 'policy' | 'rule' | 'statistics';
  name: string;
  /** Statements that bring it back. */
  statements: string[];
}

/** All of a table that a replacement has to carry over, or would lose. */
export interface Belongings {
  owner: string;
  currentRole: string;
  /** The current role has the owner's rights: may drop the table. */
  isOwned: boolean;
  /** The new table can be given to the same owner. */
  mayKeepOwner: boolean;
  isUnlogged: boolean;
  options: string[];
  tablespace: string | null;
  isPartOfTree: boolean;
  rowSecurity: boolean;
  forcesRowSecurity: boolean;
  /** Reading as the current role would leave rows out. */
  hidesRows: boolean;
  replicaIdentity: 'default' | 'nothing' | 'full' | 'index';
  grants: Grant[];
  hasDefaultGrants: boolean;
  defaultGrantees: (string | null)[];
  constraints: OwnConstraint[];
  incoming: IncomingKey[];
  restorables: Restorable[];
  publications: string[];
}

const CONSTRAINTS = `
  SELECT coalesce(json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid),
    'kind', CASE k.contype WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'foreign-key' END,
    'isToItself', k.confrelid = c.oid,
    'columns', coalesce((SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)), '[]')
  ) ORDER BY k.conname), '[]')
  FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'x', 'f') AND k.conparentid = 0`;

const INCOMING = `
  SELECT coalesce(json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid),
    'table', quote_ident(fn.nspname) || '.' || quote_ident(f.relname),
    'mayAlter', pg_has_role(f.relowner, 'USAGE'),
    'columns', (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.confkey))
  ) ORDER BY k.oid), '[]')
  FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  WHERE k.confrelid = c.oid AND k.conrelid <> c.oid AND k.contype = 'f' AND k.conparentid = 0`;

/** Definitions that name the table: they are run when the new one has the name. */
const RESTORABLES = `
  SELECT coalesce(json_agg(r ORDER BY r.kind, r.name), '[]') FROM (
    SELECT 'trigger' AS kind, t.tgname AS name, ARRAY[pg_get_triggerdef(t.oid)] || CASE t.tgenabled
        WHEN 'O' THEN '{}'::text[]
        ELSE ARRAY[format('ALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
          CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)] END AS statements
    FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 'policy', p.polname, ARRAY[format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', p.polname, n.nspname, c.relname,
      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT string_agg(CASE WHEN role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ') FROM unnest(p.polroles) AS role),
      ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')]
    FROM pg_policy p WHERE p.polrelid = c.oid
    UNION ALL
    SELECT 'rule', w.rulename, ARRAY[pg_get_ruledef(w.oid)] FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'statistics', s.stxname, ARRAY[pg_get_statisticsobjdef(s.oid)] FROM pg_statistic_ext s WHERE s.stxrelid = c.oid
  ) r`;

const DEFAULT_GRANTEES = `
  SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(nullif(x.grantee, 0))::text), '[]')
  FROM pg_default_acl d, aclexplode(d.defaclacl) x
  WHERE d.defaclrole = current_user::regrole AND d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, c.relnamespace)`;

/** From PostgreSQL 16 on being a member is not enough to give something to a role: SET is. Before, asking for it is an error. */
const MAY_GIVE = `
  pg_has_role(c.relowner, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
    AND (has_schema_privilege(c.relowner, c.relnamespace, 'CREATE')
      OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))`;

const BELONGINGS = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS "currentRole",
    pg_has_role(c.relowner, 'USAGE') AS "isOwned", ${MAY_GIVE} AS "mayKeepOwner",
    c.relpersistence = 'u' AS "isUnlogged", coalesce(to_json(c.reloptions), '[]') AS options,
    (SELECT spcname::text FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace,
    c.relispartition OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid OR inhparent = c.oid) AS "isPartOfTree",
    c.relrowsecurity AS "rowSecurity", c.relforcerowsecurity AS "forcesRowSecurity", row_security_active(c.oid) AS "hidesRows",
    CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' ELSE 'default' END AS "replicaIdentity",
    (${GRANTS}) AS grants, c.relacl IS NULL AS "hasDefaultGrants", (${DEFAULT_GRANTEES}) AS "defaultGrantees",
    (${CONSTRAINTS}) AS constraints, (${INCOMING}) AS incoming, (${RESTORABLES}) AS restorables,
    (SELECT coalesce(json_agg(p.pubname ORDER BY p.pubname), '[]') FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
      WHERE r.prrelid = c.oid) AS publications
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = $1`;

/** To be called with the catalogue's search path. */
export async function readBelongings(client: ClientBase, oid: string): Promise<Belongings> {
  const { rows } = await client.query<Belongings>(BELONGINGS, [oid]);
  const found = rows[0];
  if (found === undefined) throw new Error('the table went while it was looked at');
  return found;
}
