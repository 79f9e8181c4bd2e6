import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanSandbox } from '../sandbox/titanrdm/index.js';
import type { RawClient } from './support/sandbox-http.js';
import { counts, file, TablesUnderTest } from './support/sandbox-tables.js';

let tables: TablesUnderTest;
let sandbox: TitanSandbox;
let client: RawClient;
let table = '';

beforeAll(async () => {
  tables = await TablesUnderTest.start();
  ({ sandbox, client } = tables);
});

beforeEach(() => {
  table = tables.define();
});

afterAll(() => sandbox.close());

const rows = () => tables.rows(table);
const send = (csv: string | Buffer, pattern?: string) => tables.send(table, csv, pattern);

describe('the sandbox refuses at processing', () => {
  it.each<[string, string | Buffer, string, RegExp]>([
    ['a repeated key', file('1,a,,,', '2,b,,,', '1,c,,,'), 'full', /Duplicate primary keys \(id\): 1 /],
    ['a repeated key of a delta', file('1,a,,,', '1,c,,,'), 'incremental', /Duplicate primary keys/],
    ['an unknown pattern', file('1,a,,,'), 'FULL', /pattern is not supported/],
    ['a missing pattern', file('1,a,,,'), '', /pattern is missing/],
    ['codes where none belong', 'id,name,trdm_tran_code\n1,a,i\n', 'full', /allows no trdm_tran_code/],
    ['no codes where they belong', file('1,a,,,'), 'incremental_with_delete', /needs a trdm_tran_code/],
    ['unknown codes', 'id,name,trdm_tran_code\n1,a,x\n2,b,\n', 'incremental_with_delete', /i, u or d \(2 rows\)/],
    ['a missing key column', 'name\na\n', 'full', /Required columns are missing: id/],
    ['a missing required value', file('1,,,,', '2,b,,,'), 'full', /name is required \(1 row\)/],
    ['a missing key value', file(',a,,,'), 'full', /id is required/],
    ['an integer with a fraction', file('1.0,a,,,'), 'full', /id is no valid integer/],
    ['an empty string that is no number', file('1,a,"",,'), 'full', /amount is no valid numeric/],
    ['a word that is no boolean', file('1,a,,maybe,'), 'full', /active is no valid boolean/],
    ['a day that does not exist', file('1,a,,,2026-02-30'), 'full', /day is no valid date/],
    ['a value that is too long', file('1,abcdefghijk,,,'), 'full', /name is no valid varchar\(10\)/],
    [
      'too few columns in a row',
      file('1,a,,,', '2,b'),
      'full',
      /malformed CSV \(line 3\): 5 columns expected, 2 found/,
    ],
    ['too many columns in a row', file('1,a,,,,x'), 'full', /malformed CSV \(line 2\)/],
    ['an open quote', 'id,name\n1,"a\n', 'full', /malformed CSV/],
    [
      'bytes that are no UTF-8',
      Buffer.from('id,name\n1,caf\xe9\n', 'latin1'),
      'full',
      /malformed CSV.*not valid UTF-8/,
    ],
    ['a file without a header', '', 'full', /no header row/],
    ['a header that repeats a column', 'id,id,name\n1,2,a\n', 'full', /more than once: id/],
  ])('%s', async (_, csv, pattern, message) => {
    const result = await send(csv, pattern);
    expect(result.table).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(result.import).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(counts(result.table)).toEqual([0, 0, 0]);
    expect(await rows()).toEqual([]);
  });

  it('the whole import for one table that fails', async () => {
    const good = tables.define();
    const result = await client.import({ [good]: { csv: file('1,a,,,') }, [table]: { csv: file('x,a,,,') } });
    expect(result.import.status).toBe('failed');
    const messages = result.import_tables.map((each) => each.message);
    expect(messages).toEqual([expect.stringContaining('Not applied'), expect.stringContaining('no valid integer')]);
    expect(await sandbox.rows(`t_${good}`)).toEqual([]);
  });

  it('only the table that fails, when it is told to', async () => {
    sandbox.configure({ onFailedTable: 'failTable' });
    const good = tables.define();
    const result = await client.import({ [table]: { csv: file('x,a,,,') }, [good]: { csv: file('1,a,,,') } });
    sandbox.configure({ onFailedTable: 'failImport' });
    expect(result.import).toMatchObject({ status: 'failed', insert_row_count: 1 });
    expect(result.import_tables.map((each) => each.status)).toEqual(['failed', 'completed']);
    expect(await sandbox.rows(`t_${good}`)).toHaveLength(1);
  });
});
