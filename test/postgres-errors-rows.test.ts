import { describe, expect, it } from '@jest/globals';
import { from } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { copyPlace } from '../connectors/postgres/copy-place.js';
import { postgresFailures } from './support/postgres-failures.js';
import { SECRET_VALUE } from './support/told-of.js';

const site = postgresFailures();
const { failureOf } = site;

function copy(into: string, bytes: string | Buffer, options = ''): Promise<unknown> {
  return pipeline(
    Readable.from([Buffer.from(bytes)], { objectMode: false }),
    site.client.query(from(`COPY ${into} FROM STDIN ${options}`)),
  );
}

describe('a row that the server refuses', () => {
  const S = SECRET_VALUE;

  it.each<[type: string, bytes: string | Buffer, code: string, row: number, column: string | undefined]>([
    ['integer', `1\n${S}\n`, 'POSTGRES_BAD_VALUE', 2, 'value'],
    ['integer', `1\n2\n99999999999\n`, 'POSTGRES_OUT_OF_RANGE', 3, 'value'],
    ['real', '1e60\n', 'POSTGRES_OUT_OF_RANGE', 1, 'value'],
    ['numeric(4,2)', '1234\n', 'POSTGRES_OUT_OF_RANGE', 1, 'value'],
    ['varchar(3)', `${S}\n`, 'POSTGRES_TOO_LONG', 1, 'value'],
    ['date', `${S}\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['date', '2023-02-29\n', 'POSTGRES_OUT_OF_RANGE', 1, 'value'],
    ['uuid', `${S}\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['jsonb', `{}\n{"a": ${S}}\n`, 'POSTGRES_BAD_VALUE', 2, 'value'],
    ['jsonb', `"${S}\\\\u0000"\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['integer[]', `{${S}}\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['int4range', `[2,1]\n`, 'POSTGRES_BAD_VALUE', 1, 'value'],
    ['text', `a\n${S}\0\n`, 'POSTGRES_BAD_VALUE', 2, undefined],
    ['text', Buffer.concat([Buffer.from(`a\nb\n${S}`), Buffer.from([0xff, 0x0a])]), 'POSTGRES_BAD_VALUE', 3, undefined],
    ['text', `a\n${S}\t${S}\n`, 'POSTGRES_ROW_WIDTH', 2, undefined],
    ['text NOT NULL', `a\n${S}\n\\N\n`, 'POSTGRES_NOT_NULL', 3, 'value'],
    [`text CHECK (value <> '${S}')`, `a\n${S}\n`, 'POSTGRES_CONSTRAINT', 2, undefined],
    ['text UNIQUE', `a\n${S}\n${S}\n`, 'POSTGRES_UNIQUE', 3, undefined],
  ])('%s: its error names table, row and column, not the value', async (type, bytes, code, row, column) => {
    await site.client.query(`DROP TABLE IF EXISTS one; CREATE TABLE one (value ${type})`);
    const error = await failureOf(() => copy('one', bytes), {
      table: '"public"."one"',
      doing: 'copying rows',
      columns: ['value'],
      copyInto: 'one',
      firstRow: 11,
    });
    expect(error).toMatchObject({ code, retryable: false, table: '"public"."one"', row: row + 10, column });
    const place = column === undefined ? '' : `, column "value"`;
    expect(error.message).toContain(`Table "public"."one", row ${row + 10}${place}: while copying rows: `);
  });

  it.each([
    ['plain', 'amount'],
    ['T, line 7, column x: "', 'c, "d": \'e\''],
    ['COPY', 'column a'],
    ['line 3', 'a: b'],
    ['2024', '5'],
    ['tab\tnew\nline 😀', 'new\nline, 😀%s'],
    ['y', 'y'],
  ])('in table %j is found whatever the names are', async (table, column) => {
    const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await site.client.query(
      `CREATE TABLE ${name(table)} (a text, ${name(`${column}: `)} integer, ${name(column)} jsonb, "column" text)`,
    );
    const context = { doing: 'copying', copyInto: table, columns: ['a', `${column}: `, column, 'column'] };
    const bytes = `x\t1\t{}\tz\n1, column a: "\\\\n\t2\t{"a": \\\\n COPY ${S}, line 9, column a}\t${S}\n`;
    expect(await failureOf(() => copy(name(table), bytes), context)).toMatchObject({ row: 2, column });
    expect(await failureOf(() => copy(name(table), `${S}\tx${S}\t{}\tz\n`), context)).toMatchObject({
      row: 1,
      column: `${column}: `,
    });
  });

  it('of a CSV whose rows have several lines is told by its number', async () => {
    await site.client.query('CREATE TABLE lines (a text, b integer)');
    const error = await failureOf(() => copy('lines', `"w",0\n"x\ny\nz",1\n"x",${S}\n`, 'CSV'), {
      doing: 'copying rows',
      columns: ['a', 'b'],
      rowOfLine: (line) => ({ 5: 3 })[line] ?? 0,
      firstRow: 100,
    });
    expect(error).toMatchObject({ row: 102, column: 'b' });
  });

  it.each([
    ['COPY t, line 12, column a: "5"', 12, 'a'],
    ['COPY t, Zeile 12, Spalte a: »5«', 12, 'a'],
    ['COPY t, ligne 12, colonne a : « 5 »', 12, 'a'],
    ['COPY t, línea 12, columna a: «5»', 12, 'a'],
    ['COPY t, 行 12, 列 a: "5"', 12, 'a'],
    ['tのCOPY、行 12、列a: "5"', 12, 'a'],
    ['COPY t, строка 12, столбец a: "5"', 12, 'a'],
    ['COPY t, line 12, column a: null input', 12, 'a'],
    ['COPY t, line 12: "5, column a: 6"', 12, undefined],
    ['COPY t, line 12', 12, undefined],
    ['COPY t, line 12, column a', 12, 'a'],
  ])('%s', (context, line, column) => {
    for (const relation of ['t', undefined]) {
      const place = copyPlace(context, relation, ['a', 'b']);
      if (relation === undefined && !context.startsWith('COPY')) expect(place).toBeUndefined();
      else expect(place).toEqual(column === undefined ? { line } : { line, column });
    }
  });

  it('by a foreign key or while rows are merged is told by constraint and column', async () => {
    await site.client.query(
      `CREATE TABLE parents (id text PRIMARY KEY); CREATE TABLE children (id text REFERENCES parents, n int NOT NULL)`,
    );
    const orphan = await failureOf(() => site.client.query(`INSERT INTO children VALUES ('${S}', 1)`));
    expect(orphan).toMatchObject({ code: 'POSTGRES_CONSTRAINT', retryable: false, row: undefined });
    expect(orphan.message).toContain('(constraint "children_id_fkey") [SQLSTATE 23503]');
    const missing = await failureOf(() => site.client.query(`INSERT INTO children VALUES ('${S}', NULL)`));
    expect(missing).toMatchObject({ code: 'POSTGRES_NOT_NULL', column: 'n' });
  });

  it('by a trigger of a user is refused without the words of that trigger', async () => {
    await site.client.query(`CREATE TABLE triggered (value text);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad value %', NEW.value; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const error = await failureOf(() => site.client.query(`INSERT INTO triggered VALUES ('${S}')`));
    expect(error.code).toBe('POSTGRES_FAILED');
    expect(error.message).toContain('[SQLSTATE P0001]');
  });
});
