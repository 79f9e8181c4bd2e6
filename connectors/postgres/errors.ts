import { cutText, TidemarkError, type TidemarkErrorOptions } from '../../contracts/errors.js';
import { copyPlace } from './copy-place.js';
import { meaningOf } from './sqlstates.js';

/** Where in the data an error is. */
export interface DataPlace {
  /** What errors call the table: `"sales"."orders"`. */
  table?: string;
  /** Number of the row among those given, from 1. */
  row?: number;
  column?: string;
}

/** What the PostgreSQL connector throws. Names table, row and column where they are known, never the value. */
export class PostgresError extends TidemarkError {
  override readonly name = 'PostgresError';
  readonly table: string | undefined;
  readonly row: number | undefined;
  readonly column: string | undefined;
  /** What is wrong, without the place and the mend: the reason that a quarantine keeps. */
  readonly reason: string;

  constructor(reason: string, { table, row, column, ...options }: TidemarkErrorOptions & DataPlace) {
    super(
      placed(reason, {
        ...(table === undefined ? {} : { table }),
        ...(row === undefined ? {} : { row }),
        ...(column === undefined ? {} : { column }),
      }),
      options,
    );
    this.table = table;
    this.row = row;
    this.column = column;
    this.reason = reason;
  }
}

/** What was going on when the server, or the way to it, failed. */
export interface FailureContext {
  /** What errors call the table. */
  table?: string;
  /** Goes on from "While ": `copying rows`, `building the index`. Never a value. */
  doing: string;
  /** Names of the columns that were written, in order: they tell a column's name from the value beside it. */
  columns?: readonly string[];
  /** Unquoted name of the relation that COPY wrote to, where it is another than `table`: a temporary one. */
  copyInto?: string;
  /** Number of the row that COPY's first line holds, from 1. Left out: 1. */
  firstRow?: number;
  /**
   * Number of the row, from 1, that a line of the COPY belongs to: in CSV a row can have several (of which the server counts all but those
   * within the very first row: PostgreSQL 15 and 18). Left out: the same.
   */
  rowOfLine?: (line: number) => number;
}

/**
 * Turns what the driver threw into an error that says whether to try again, what is wrong and where. What the server says of data
 * (DETAIL, CONTEXT, HINT, messages that quote a value) is left behind, and so is the driver's own error: it holds all that.
 * It goes by SQLSTATE and by fields, so the language of the server's messages is of no consequence.
 */
export function postgresFailure(error: unknown, context: FailureContext): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const sqlState = sqlStateOf(error);
  const meaning = meaningOf(sqlState, error);
  const place = sqlState === undefined ? {} : placeOf(error, context);
  // The server's words where they name things of the schema only.
  const words = meaning.showsMessage ? textOf(error, 'message') : undefined;
  const constraint = sqlState?.startsWith('23') === true ? textOf(error, 'constraint') : undefined;
  const reason = [
    words === undefined ? meaning.reason : `${meaning.reason}: ${cutText(words, 300)}`,
    constraint === undefined ? '' : ` (constraint ${JSON.stringify(constraint)})`,
    sqlState === undefined ? '' : ` [SQLSTATE ${sqlState}]`,
  ].join('');
  return new PostgresError(`while ${context.doing}: ${reason}.`, {
    code: meaning.code,
    retryable: meaning.retryable,
    mend: meaning.mend,
    ...(context.table === undefined ? {} : { table: context.table }),
    ...place,
  });
}

/** Whether an error comes from the driver or the server: others (a defect, a source's own) are not this file's to tell. */
export function isPostgresFailure(error: unknown): boolean {
  return error instanceof PostgresError || sqlStateOf(error) !== undefined || meaningOf(undefined, error).isKnown;
}

function placeOf(error: unknown, context: FailureContext): Omit<DataPlace, 'table'> {
  const copied = copyPlace(textOf(error, 'where'), context.copyInto, context.columns ?? []);
  // The server fills the field for NOT NULL and for types of columns; COPY says the column in its context only.
  const column = textOf(error, 'column') ?? copied?.column;
  const rowOfLine = context.rowOfLine ?? ((line: number): number => line);
  return {
    ...(copied === undefined ? {} : { row: rowOfLine(copied.line) + (context.firstRow ?? 1) - 1 }),
    ...(column === undefined ? {} : { column }),
  };
}

function placed(reason: string, { table, row, column }: DataPlace): string {
  const place = [
    table === undefined ? [] : [`table ${table}`],
    row === undefined ? [] : [`row ${row}`],
    column === undefined ? [] : [`column ${JSON.stringify(column)}`],
  ].flat();
  if (place.length === 0) return reason.charAt(0).toUpperCase() + reason.slice(1);
  const text = place.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}: ${reason}`;
}

/** Five letters and digits beside a severity: the server has spoken. */
function sqlStateOf(error: unknown): string | undefined {
  const code = textOf(error, 'code');
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && textOf(error, 'severity') !== undefined ? code : undefined;
}

/** No `instanceof`: the driver's errors may come from another realm, as in a test runner's. */
function textOf(error: unknown, key: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
