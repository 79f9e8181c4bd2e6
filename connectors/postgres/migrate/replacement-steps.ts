import { quoteName, quoteTable, quoteText, type QualifiedName } from '../quote.js';
import { keepsIdentity, steadyColumns } from './losses.js';
import type { LiveTable } from './read-shape.js';
import type { LiveColumn, WantedTable } from './shape.js';
import { addIndexes, addKeys, columnText, commentSteps, copyRows, keepWritersOut, type Step } from './steps.js';
import { withOptions } from './view-steps.js';

/** What goes before the load, and what after it, on a new table that nobody else can see. */
export interface ReplacementSteps {
  begin: Step[];
  keys: Step[];
  finish: Step[];
}

/** Pure. `keepsRows`: the live rows go over, and with them the key, which an upsert needs. */
export function replacementSteps(
  live: LiveTable,
  wanted: WantedTable,
  at: QualifiedName,
  keepsRows: boolean,
): ReplacementSteps {
  const steady = steadyColumns(live, wanted);
  const before = new Set(live.columns.map(({ name }) => name));
  const common = wanted.columns.map(({ name }) => name).filter((name) => before.has(name));
  const constraints = live.constraints.filter(({ columns }) => columns.every((column) => steady.has(column)));
  const constraint = ({ name, definition }: { name: string; definition: string }): Step => ({
    what: `constraint "${name}"`,
    sql: `ALTER TABLE ${quoteTable(at)} ADD CONSTRAINT ${quoteName(name)} ${definition}`,
  });
  const keys = addKeys(at, wanted);
  return {
    begin: [
      keepWritersOut(live),
      createLike(live, wanted, at, steady),
      ...(keepsRows ? [copyRows(live, at, common), ...keys] : []),
      ...live.columns.filter(({ name }) => steady.has(name)).flatMap((column) => columnSettings(column, at)),
      // Before the load, so that the rows of this batch are treated as those of the next one.
      ...live.columns.flatMap((column) => defaults(column, at, steady, wanted)),
      ...constraints.filter(({ kind }) => kind === 'check').map(constraint),
    ],
    keys: keepsRows ? [] : keys,
    finish: [
      ...addIndexes(at, wanted),
      ...constraints
        .filter(({ kind, isToItself }) => kind === 'exclusion' || (kind === 'foreign-key' && !isToItself))
        .map(constraint),
      ...commentSteps(at, keptComments(live, wanted)),
    ],
  };
}

function createLike(live: LiveTable, wanted: WantedTable, at: QualifiedName, steady: ReadonlySet<string>): Step {
  const collations = new Map(live.columns.map(({ name, collation }) => [name, collation]));
  const columns = wanted.columns.map((column) =>
    columnText(column, steady.has(column.name) ? (collations.get(column.name) ?? null) : null),
  );
  const tablespace = live.tablespace === null ? '' : ` TABLESPACE ${quoteName(live.tablespace)}`;
  return {
    what: `create table ${quoteTable(at)}`,
    sql: `CREATE${live.isUnlogged ? ' UNLOGGED' : ''} TABLE ${quoteTable(at)} (${columns.join(', ')})${withOptions(live.options)}${tablespace}`,
  };
}

function columnSettings({ name, settings }: LiveColumn, at: QualifiedName): Step[] {
  return settings.map((setting) => ({
    what: `settings of column "${name}"`,
    sql: `ALTER TABLE ${quoteTable(at)} ALTER COLUMN ${quoteName(name)} ${setting}`,
  }));
}

function defaults(column: LiveColumn, at: QualifiedName, steady: ReadonlySet<string>, wanted: WantedTable): Step[] {
  const { name, defaultExpression, identity } = column;
  const alter = `ALTER TABLE ${quoteTable(at)} ALTER COLUMN ${quoteName(name)}`;
  if (identity !== null && keepsIdentity(column, steady, wanted))
    return [
      {
        what: `identity of column "${name}"`,
        sql: `${alter} ADD GENERATED ${identity.always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY (${identity.options})`,
      },
      ...(identity.lastValue === null
        ? []
        : [
            {
              what: `where the identity of column "${name}" stands`,
              sql: `SELECT setval(pg_get_serial_sequence(${quoteText(quoteTable(at))}, ${quoteText(name)}), ${identity.lastValue})`,
            },
          ]),
    ];
  if (defaultExpression === null || !steady.has(name)) return [];
  return [{ what: `default of column "${name}"`, sql: `${alter} SET DEFAULT ${defaultExpression}` }];
}

/** What the definition says, else what is there. */
function keptComments(live: LiveTable, wanted: WantedTable): WantedTable['comments'] {
  const stay = new Set(wanted.columns.map(({ name }) => name));
  const table = wanted.comments.table ?? live.comment ?? undefined;
  const columns = new Map<string, string>();
  for (const { name, comment } of live.columns) if (comment !== null && stay.has(name)) columns.set(name, comment);
  for (const [name, comment] of wanted.comments.columns) columns.set(name, comment);
  return { ...(table === undefined ? {} : { table }), columns };
}
