import { quoteName } from '../quote.js';

/** Privileges of one role on a table or on one of its columns. */
export interface Grant {
  /** Null: PUBLIC, everybody. */
  grantee: string | null;
  /** Null: on the table as a whole. */
  column: string | null;
  privileges: readonly string[];
  /** WITH GRANT OPTION. */
  grantable: boolean;
}

/**
 * Grants of the relation `c` as JSON. Read from the catalogue, since the information schema hides those of roles that may not
 * use the schema yet. An owner's own are in it, once anything was granted.
 */
export const GRANTS = `
  SELECT coalesce(json_agg(g), '[]') FROM (
    SELECT pg_get_userbyid(nullif(x.grantee, 0)) AS grantee, x.column, x.is_grantable AS grantable,
      array_agg(x.privilege_type ORDER BY x.privilege_type) AS privileges
    FROM (
      SELECT NULL::name AS column, table_acl.* FROM aclexplode(c.relacl) AS table_acl
      UNION ALL
      SELECT a.attname, column_acl.* FROM pg_attribute a, aclexplode(a.attacl) AS column_acl
      WHERE a.attrelid = c.oid AND NOT a.attisdropped
    ) x
    GROUP BY x.grantee, x.column, x.is_grantable
  ) g`;

export function quoteRole(role: string | null): string {
  return role === null ? 'PUBLIC' : quoteName(role);
}

/**
 * Pure. SQL that gives a new relation the grants of an old one, and takes away those that ALTER DEFAULT PRIVILEGES gave it.
 * `relation` is SQL, `columns` are those that it has: a grant on another one goes with the column.
 */
export function grantStatements(
  relation: string,
  { grants, isDefault, defaultGrantees, owner }: GrantsToKeep,
  columns: ReadonlySet<string>,
): string[] {
  const strangers = [...new Set([...(isDefault ? [] : [owner, null]), ...defaultGrantees])];
  const revoke =
    strangers.length === 0 ? [] : [`REVOKE ALL ON TABLE ${relation} FROM ${strangers.map(quoteRole).join(', ')}`];
  const kept = grants.filter(({ column }) => column === null || columns.has(column));
  return [
    ...revoke,
    ...(isDefault && revoke.length > 0 ? [`GRANT ALL ON TABLE ${relation} TO ${quoteRole(owner)}`] : []),
    ...kept.map(({ grantee, column, privileges, grantable }) => {
      const what =
        column === null ? privileges.join(', ') : privileges.map((one) => `${one} (${quoteName(column)})`).join(', ');
      return `GRANT ${what} ON TABLE ${relation} TO ${quoteRole(grantee)}${grantable ? ' WITH GRANT OPTION' : ''}`;
    }),
  ];
}

export interface GrantsToKeep {
  grants: readonly Grant[];
  /** Nothing was ever granted or revoked on the table as a whole: the owner may everything, others nothing. */
  isDefault: boolean;
  /** Who gets something on every new table of the current role here: ALTER DEFAULT PRIVILEGES. */
  defaultGrantees: readonly (string | null)[];
  owner: string;
}
