import { quoteName, quoteTable, quoteText } from '../quote.js';
import { grantStatements } from './grants.js';
import type { DependentView, Dependents } from './read-dependents.js';
import type { Step } from './steps.js';
import { inReadingOrder } from './view-order.js';

/**
 * LOCK TABLE would lock all that a view reads, too, and takes no materialized views: to give a view to the owner that it has
 * locks only itself, and does nothing else. Outermost first, the order in which a query that reads a view on a view locks them.
 */
export function lockViews({ views }: Dependents): Step[] {
  return inReadingOrder(views)
    .reverse()
    .map((view) => ({
      what: `wait until nobody uses ${quoteTable(view)}`,
      sql: `ALTER ${view.isMaterialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${quoteTable(view)} OWNER TO ${quoteName(view.owner)}`,
    }));
}

/**
 * Ordinary views are never dropped: each is first redefined to read nothing, which frees the table, and then gets its own
 * definition back. So it keeps its identity, owner, grants, comments and triggers, no reader ever misses it, and cycles are
 * no matter. Materialized views hold rows of their own and cannot be redefined: they are dropped and made anew.
 */
export function releaseViews({ views, rules }: Dependents): Step[] {
  return [
    ...rules.map(({ relation, name }) => ({
      what: `set rule "${name}" of ${relation} aside`,
      sql: `DROP RULE ${quoteName(name)} ON ${relation}`,
    })),
    ...views
      .filter(({ isMaterialized }) => !isMaterialized)
      .map((view) => ({
        what: `free view ${quoteTable(view)}`,
        sql: `CREATE OR REPLACE VIEW ${quoteTable(view)} AS SELECT ${view.columns
          .map(
            ({ name, type, collation }) =>
              `NULL::${type}${collation === null ? '' : ` COLLATE ${collation}`} AS ${quoteName(name)}`,
          )
          .join(', ')}`,
      })),
    ...materializedInOrder(views)
      .reverse()
      .map((view) => ({
        what: `drop materialized view ${quoteTable(view)}`,
        sql: `DROP MATERIALIZED VIEW ${quoteTable(view)}`,
      })),
  ];
}

/** All but the rows of materialized views. */
export function restoreViews({ views, rules }: Dependents): Step[] {
  const materialized = materializedInOrder(views);
  return [
    ...materialized.map((view) => createMaterialized(view)),
    ...views.filter(({ isMaterialized }) => !isMaterialized).map((view) => redefine(view)),
    ...rules.map(({ relation, name, statement }) => ({ what: `rule "${name}" of ${relation}`, sql: statement })),
    ...materialized.flatMap((view) => dressMaterialized(view)),
  ];
}

/** Rows of materialized views, each after those that it reads. One that was never filled stays so. */
export function refreshViews({ views }: Dependents): Step[] {
  return inReadingOrder(views)
    .filter(({ isMaterialized, isPopulated }) => isMaterialized && isPopulated)
    .map((view) => ({
      what: `fill materialized view ${quoteTable(view)}`,
      sql: `REFRESH MATERIALIZED VIEW ${quoteTable(view)}`,
      view,
    }));
}

/** By what they read of each other directly: that cannot be a cycle, while through ordinary views it can. */
function materializedInOrder(views: readonly DependentView[]): DependentView[] {
  return inReadingOrder(views.filter(({ isMaterialized }) => isMaterialized));
}

function redefine(view: DependentView): Step {
  return {
    what: `view ${quoteTable(view)}`,
    sql: `CREATE OR REPLACE VIEW ${quoteTable(view)}${withOptions(view.options)} AS ${view.definition}`,
    view,
  };
}

function createMaterialized(view: DependentView): Step {
  const tablespace = view.tablespace === null ? '' : ` TABLESPACE ${quoteName(view.tablespace)}`;
  return {
    what: `materialized view ${quoteTable(view)}`,
    sql: `CREATE MATERIALIZED VIEW ${quoteTable(view)}${withOptions(view.options)}${tablespace} AS ${view.definition} WITH NO DATA`,
    view,
  };
}

/** A list of `name=value` as the catalogue holds it. */
export function withOptions(options: readonly string[]): string {
  if (options.length === 0) return '';
  const settings = options.map((option) => {
    const [name = '', ...value] = option.split('=');
    return `${name} = ${quoteText(value.join('='))}`;
  });
  return ` WITH (${settings.join(', ')})`;
}

function dressMaterialized(view: DependentView): Step[] {
  const relation = quoteTable(view);
  const comments = view.columns.flatMap(({ name, comment }) =>
    comment === null ? [] : [`COMMENT ON COLUMN ${relation}.${quoteName(name)} IS ${quoteText(comment)}`],
  );
  const grants = grantStatements(
    relation,
    {
      grants: view.grants,
      isDefault: view.hasDefaultGrants,
      defaultGrantees: view.defaultGrantees,
      owner: view.owner,
    },
    new Set(view.columns.map(({ name }) => name)),
  );
  const statements = [
    ...view.indexes.map(({ statement }) => statement),
    ...view.indexes.flatMap(({ name, comment }) =>
      comment === null ? [] : [`COMMENT ON INDEX ${name} IS ${quoteText(comment)}`],
    ),
    ...(view.comment === null ? [] : [`COMMENT ON MATERIALIZED VIEW ${relation} IS ${quoteText(view.comment)}`]),
    ...comments,
    ...(view.isOwnedByRole ? [] : [`ALTER MATERIALIZED VIEW ${relation} OWNER TO ${quoteName(view.owner)}`]),
    ...grants,
  ];
  return statements.map((sql) => ({
    what: `indexes, comments, owner and grants of materialized view ${relation}`,
    sql,
    view,
  }));
}
