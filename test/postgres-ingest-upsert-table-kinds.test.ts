import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { ID_AND_VALUE, type IngestSetting, once, openIngestSetting } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

describe('an upsert', () => {
  it('finds rows by the equality of their type, even one that is not on the search path', async () => {
    await setting.ask('CREATE SCHEMA hidden');
    await setting.ask('CREATE EXTENSION citext SCHEMA hidden');
    const table = setting.table(
      [
        { name: 'id', type: 'hidden.citext' },
        { name: 'value', type: 'text' },
      ],
      ['id'],
    );
    await ingest(setting.postgres, [table], once(table, [['Key', 'a']]));
    await ingest(
      setting.postgres,
      [table],
      once(table, [
        ['KEY', 'b'],
        ['key', 'c'],
      ]),
    );
    expect(await setting.rowsOf(table)).toEqual([['key', 'c']]);
  });

  it.each([
    ['straight in', {}],
    ['by way of a quarantine', { quarantine: { schema: 'target', name: 'bad_of_numbered' } }],
  ])('keeps the numbers of the rows where the server numbers them always, %s', async (_, options) => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    const alone = setting.table([{ name: 'id', type: 'integer' }], ['id']);
    const id = 'id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY';
    await setting.ask('CREATE SCHEMA IF NOT EXISTS target');
    await setting.ask(`CREATE TABLE ${quoteTable(table)} (${id}, value text)`);
    await setting.ask(`CREATE TABLE ${quoteTable(alone)} (${id})`);
    for (const value of ['a', 'b']) {
      await ingest(
        setting.postgres,
        [table],
        once(table, [
          [7, value],
          [8, 'same'],
        ]),
        options,
      );
      await ingest(setting.postgres, [alone], once(alone, [[7], [8]]), options);
    }
    expect(await setting.rowsOf(table)).toEqual([
      [7, 'b'],
      [8, 'same'],
    ]);
    expect(await setting.rowsOf(alone)).toEqual([[7], [8]]);
    expect(
      await setting.ask(
        `SELECT attidentity FROM pg_attribute WHERE attrelid = '${quoteTable(table)}'::regclass AND attname = 'id'`,
      ),
    ).toBe('a');
  });

  it('goes into a table with a rule as well, which MERGE refuses', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    await setting.ask(`CREATE RULE kept AS ON DELETE TO ${quoteTable(table)} DO INSTEAD NOTHING`);
    const rows = [
      [1, 'b'],
      [2, 'c'],
    ];
    await ingest(setting.postgres, [table], once(table, rows));
    expect(await setting.rowsOf(table)).toEqual(rows);
  });
});
