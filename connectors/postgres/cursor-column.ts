import { TidemarkError } from '../../contracts/errors.js';
import { nearNamesText } from '../common/near-names.js';
import type { ColumnType } from './column-types.js';
import { missingColumns } from './missing-columns.js';
import { quoteName, quoteText } from './quote.js';

// Object ids of PostgreSQL's types (catalogue pg_type), the same in all versions.
const INTEGERS: readonly number[] = [20, 21, 23];
const FRACTIONS: readonly number[] = [700, 701, 1700];
const TIMES: readonly number[] = [1082, 1114, 1184];

/** Something that rows can be selected from. */
export interface Relation {
  /** What stands behind FROM. */
  sql: string;
  /** What errors call it. */
  title: string;
}

/** A session that answers with the one value of a query, as text. */
interface Asks {
  text: (sql: string) => Promise<string | null>;
}

/** What there is to read: up to `top`, and a watermark up to `edge` at most. Texts as the server writes the values. */
export interface CursorRange {
  top: string;
  edge: string;
}

/** The column whose growing values tell new rows from old. All comparing is done by the server, by the column's own type. */
export class CursorColumn {
  private readonly name: string;

  private constructor(
    private readonly relation: Relation,
    column: string,
    private readonly type: ColumnType,
    /** What is taken off the largest value, as SQL. */
    private readonly lag: string | undefined,
  ) {
    this.name = quoteName(column);
  }

  static of(
    relation: Relation,
    column: string,
    columns: ReadonlyMap<string, ColumnType>,
    lag: string | number | undefined,
  ): CursorColumn {
    const type = columns.get(column);
    if (type === undefined) throw missingColumns(relation.title, [column], nearNamesText(column, [...columns.keys()]));
    return new CursorColumn(relation, column, type, lagAsSql(lag, type));
  }

  /** Rows that are in no order. */
  async countNulls(session: Asks): Promise<number> {
    return Number(await session.text(`SELECT count(*) FROM ${this.relation.sql} WHERE ${this.name} IS NULL`));
  }

  /** Undefined when nothing lies behind `start`. */
  async rangeBehind(session: Asks, start: string | null): Promise<CursorRange | undefined> {
    const { name } = this;
    // Not max(): some types have an order and no such aggregate.
    const top = await session.text(
      `SELECT ${name} FROM ${this.relation.sql} WHERE ${this.behind(start)} ORDER BY ${name} DESC LIMIT 1`,
    );
    if (top === null) return undefined;
    if (![...INTEGERS, ...FRACTIONS, ...TIMES].includes(this.type.oid)) return { top, edge: top };
    if (/^-?(?:infinity|nan)$/iu.test(top)) throw endlessCursor(this.relation.title, name, top);
    if (this.lag === undefined) return { top, edge: top };
    const edge = await session.text(`SELECT (${this.lag.replace('$', () => this.value(top))})::${this.type.name}`);
    if (edge === null || (await session.text(`SELECT ${this.value(edge)} > ${this.value(top)}`)) === 'true')
      throw badLag('that is negative', this.type);
    return { top, edge };
  }

  /**
   * The next `rows` rows behind `low`, and those that share the last one's cursor. What lies behind the edge is one batch, the last one,
   * whatever its size: the watermark stays at the edge, so it is read again as a whole or not at all.
   */
  async nextBatch(
    session: Asks,
    { top, edge }: CursorRange,
    low: string | null,
    rows: number,
  ): Promise<{ high: string; watermark: string; isLast: boolean }> {
    const { name } = this;
    const bound = await session.text(
      `SELECT ${name} FROM ${this.relation.sql} WHERE ${this.behind(low)} AND ${name} <= ${this.value(top)}
       ORDER BY ${name} OFFSET ${rows - 1} LIMIT 1`,
    );
    const reachesEnd =
      bound === null ||
      (await session.text(
        `SELECT ${this.value(bound)} >= ${this.value(top)} OR ${this.value(bound)} > ${this.value(edge)}`,
      )) === 'true';
    if (!reachesEnd) return { high: bound, watermark: bound, isLast: false };
    return { high: top, watermark: await this.watermarkAt(session, edge, low), isLast: true };
  }

  /** The watermark of all that lies behind `low`. It never moves backward: one within the lag stays. */
  async watermarkAt(session: Asks, edge: string, low: string | null): Promise<string> {
    const staysAtLow =
      low !== null && (await session.text(`SELECT ${this.value(low)} > ${this.value(edge)}`)) === 'true';
    return staysAtLow ? low : edge;
  }

  /** Condition and order of a batch. */
  between(low: string | null, high: string): string {
    return `WHERE ${this.condition(low, high)} ORDER BY ${this.name}`;
  }

  condition(low: string | null, high: string): string {
    return `${this.behind(low)} AND ${this.name} <= ${this.value(high)}`;
  }

  private behind(low: string | null): string {
    return low === null ? `${this.name} IS NOT NULL` : `${this.name} > ${this.value(low)}`;
  }

  private value(text: string): string {
    return `${quoteText(text)}::${this.type.name}`;
  }
}

/** `$` stands for the value. */
function lagAsSql(lag: string | number | undefined, type: ColumnType): string | undefined {
  if (lag === undefined) return undefined;
  if (typeof lag === 'string') {
    if (TIMES.includes(type.oid)) return `$ - ${quoteText(lag)}::interval`;
  } else {
    // An integer less a fraction would be rounded, and might be rounded up.
    if (INTEGERS.includes(type.oid)) return `floor($ - ${lag}::numeric)`;
    if (FRACTIONS.includes(type.oid)) return `$ - ${lag}::numeric`;
  }
  throw badLag(`of ${JSON.stringify(lag)}`, type);
}

function badLag(which: string, type: ColumnType): TidemarkError {
  return new TidemarkError(`A lag ${which} does not fit a cursor of type ${type.name}.`, {
    code: 'INGEST_LAG',
    retryable: false,
    mend: "Give an interval ('5 minutes') for a date or timestamp, a number for a numeric cursor; other types have no lag.",
  });
}

function endlessCursor(title: string, cursor: string, value: string): TidemarkError {
  return new TidemarkError(`The largest cursor ${cursor} of ${title} is ${value}: nothing would ever lie behind it.`, {
    code: 'INGEST_ENDLESS_CURSOR',
    retryable: false,
    mend: 'Leave such rows out, by a query.',
  });
}
