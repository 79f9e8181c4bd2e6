import type { ClientBase } from 'pg';
import type { ColumnType } from '../encode/column-types.js';
import { quoteText } from '../quote.js';

/** SQL that tells whether a text fits a column, without failing where it does not. */
export interface ValueCheck {
  /** True for a value that does not fit; null or false for one that does. */
  isBad: string;
  /** SQLSTATE that the server would have refused it with. */
  state: string;
}

const NOT_NULL_VIOLATION = '23502';
/** Any text fits. */
const FREE = ['text', 'character varying', 'bpchar'];

export interface ValueChecks {
  /** Of each column; undefined where all texts fit. */
  checks: readonly (ValueCheck | undefined)[];
  /** To be called when they have done their work. */
  drop: () => Promise<void>;
}

/**
 * @param columns What each column of text is to become.
 * @param texts SQL of the columns that hold the texts.
 * @param by `server`: its own `pg_input_is_valid`, since PostgreSQL 16, which fails all the same for types of some extensions.
 * `functions`: in PL/pgSQL, that try the value and catch the error. A domain has one either way: whether it refuses NULL only an
 * assignment finds out.
 */
export async function valueChecks(
  client: ClientBase,
  columns: readonly ColumnType[],
  texts: readonly string[],
  by: 'server' | 'functions',
): Promise<ValueChecks> {
  const functions: string[] = [];
  const checks: (ValueCheck | undefined)[] = [];
  for (const [index, column] of columns.entries()) {
    const text = texts[index] ?? 'NULL';
    let check: ValueCheck | undefined;
    if (by === 'functions' || column.kind === 'domain') {
      if (!isFree(column)) {
        const name = `pg_temp.tidemark_check_${index}`;
        await client.query(functionSql(name, column));
        functions.push(`${name}(text)`);
        check = { isBad: `${name}(${text}) IS NOT NULL`, state: `${name}(${text})` };
      }
    } else if (!isFree(column)) {
      const type = quoteText(column.type);
      check = {
        isBad: `NOT pg_catalog.pg_input_is_valid(${text}, ${type})`,
        state: `(SELECT sql_error_code FROM pg_catalog.pg_input_error_info(${text}, ${type}))`,
      };
    }
    checks.push(column.notNull ? alsoNotNull(text, check) : check);
  }
  return {
    checks,
    drop: async () => {
      if (functions.length > 0) await client.query(`DROP FUNCTION ${functions.join(', ')}`);
    },
  };
}

function alsoNotNull(text: string, check: ValueCheck | undefined): ValueCheck {
  const rest =
    check === undefined ? { isBad: '', state: '' } : { isBad: ` OR ${check.isBad}`, state: ` ELSE ${check.state}` };
  return {
    isBad: `${text} IS NULL${rest.isBad}`,
    state: `CASE WHEN ${text} IS NULL THEN '${NOT_NULL_VIOLATION}'${rest.state} END`,
  };
}

function isFree({ kind, type }: ColumnType): boolean {
  return kind === 'base' && FREE.includes(type);
}

/**
 * An assignment refuses what is too long, where a cast would cut it; a composite type can only be had by a cast, which reads its fields as
 * an assignment would. What is no fault of the value goes on as it is.
 */
function functionSql(name: string, { kind, type, underlying }: ColumnType): string {
  const isComposite = kind === 'composite' || (kind === 'domain' && underlying?.kind === 'composite');
  // Declared within, since what a declaration throws is not caught by its own block; and at once with its value, since a domain that refuses
  // NULL refuses an empty variable as well.
  const attempt = isComposite ? `PERFORM given::${type};` : `DECLARE tried ${type} := given; BEGIN END;`;
  const body = `BEGIN
      ${attempt}
      RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('08', '40', '53', '55', '57', '58') THEN RAISE; END IF;
      RETURN SQLSTATE;
    END`;
  const strict = kind === 'domain' ? '' : 'STRICT';
  return `CREATE FUNCTION ${name}(given text) RETURNS text LANGUAGE plpgsql ${strict} AS ${quoteText(body)}`;
}
