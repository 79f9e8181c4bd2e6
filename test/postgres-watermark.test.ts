import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, readWatermark } from '../connectors/postgres/index.js';
import { quoteTable, quoteText } from '../connectors/postgres/quote.js';
import { parseWatermark, readComment, writeComment } from '../connectors/postgres/watermark/comment.js';
import { jsonText } from '../connectors/postgres/watermark/json-text.js';
import { type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

const marker = { pipeline: null, run: 'r', sequence: 1, rows: 1, override: null };
const ours = '"tidemark": {"pipeline": null, "run": "r", "sequence": 1, "rows": 1, "override": null}';

describe('the text of a watermark', () => {
  // As json.dumps of Python 3 writes them.
  it.each<[unknown, string]>([
    ['2015-01-02', '"2015-01-02"'],
    ['é', '"\\u00e9"'],
    ['😀\u007f\u0000\n"\\/', '"\\ud83d\\ude00\\u007f\\u0000\\n\\"\\\\/"'],
    [null, 'null'],
    [false, 'false'],
    [0, '0'],
    [-1.5, '-1.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e-300, '1e-300'],
    [[], '[]'],
    [{}, '{}'],
    [[1, 'a', [null]], '[1, "a", [null]]'],
    [{ a: 1, é: { b: [] } }, '{"a": 1, "\\u00e9": {"b": []}}'],
  ])('%j is what pg-bulk-ingest writes', (value, text) => {
    expect(jsonText(value)).toBe(text);
  });

  it.each([
    [undefined],
    [() => 1],
    [Symbol('x')],
    [1n],
    [NaN],
    [Infinity],
    [2 ** 53],
    [new Date()],
    [new Map()],
    [[undefined]],
  ])('%p is refused, not changed', (value) => {
    expect(() => jsonText(value)).toThrow(expect.objectContaining({ code: 'HIGH_WATERMARK_BAD' }));
  });

  it('that holds itself is refused', () => {
    const value: Record<string, unknown> = {};
    value['again'] = value;
    expect(() => jsonText(value)).toThrow(expect.objectContaining({ code: 'HIGH_WATERMARK_BAD' }));
  });

  it.each(['9007199254740993', '{"a": [9007199254740992]}', '-9007199254740993', 'NaN', '[-Infinity]'])(
    'that JavaScript would change is refused when it is read: %s',
    (text) => {
      expect(() => parseWatermark(text)).toThrow(expect.objectContaining({ code: 'HIGH_WATERMARK_BAD' }));
    },
  );

  it('may hold long numbers within strings', () => {
    expect(parseWatermark('{"9007199254740993": "9007199254740993 \\" NaN 9007199254740993"}')).toEqual({
      '9007199254740993': '9007199254740993 " NaN 9007199254740993',
    });
  });
});

describe('the comment of a table', () => {
  it.each<[string, string | null, string]>([
    ['none', null, `{"pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`],
    [
      'one of pg-bulk-ingest',
      '{"pg-bulk-ingest": {"high-watermark": 1}}',
      `{"pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`,
    ],
    [
      'other keys, as they are written',
      '{"other":9007199254740993,"b" : [1.0,{"x":NaN}], "pg-bulk-ingest": {"high-watermark": 1, "more": 2.50}, "\\u00e9": "é"}',
      `{"other": 9007199254740993, "b": [1.0,{"x":NaN}], "pg-bulk-ingest": {"high-watermark": 5, "more": 2.50}, "\\u00e9": "é", ${ours}}`,
    ],
    [
      'an object that names a key twice',
      '{"a": 1, "b": 2, "a": 3}',
      `{"a": 3, "b": 2, "pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`,
    ],
    ['a key that is no object', '{"pg-bulk-ingest": 7}', `{"pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`],
    ['plain text', 'Orders, é', `{"comment": "Orders, \\u00e9", "pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`],
    ['JSON that is no object', '[1]', `{"comment": "[1]", "pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`],
    ['nearly an object', '{"a": 1,}', `{"comment": "{\\"a\\": 1,}", "pg-bulk-ingest": {"high-watermark": 5}, ${ours}}`],
  ])('that is %s takes watermark and marker', (_, before, after) => {
    const written = writeComment(before, '5', marker);
    expect(written).toBe(after);
    expect(readComment(written)).toMatchObject({ watermark: '5', marker });
    expect(writeComment(written, '5', marker)).toBe(after);
  });

  it.each([
    '[1]',
    'null',
    '"x"',
    'text',
    '{"pg-bulk-ingest": []}',
    '{"pg-bulk-ingest": {}}',
    '{"tidemark": {"run": 1}}',
    '',
  ])('that is %j counts as no watermark of nobody', (comment) => {
    expect(readComment(comment)).toMatchObject({ watermark: null, marker: null });
  });
});

describe('a watermark in the database', () => {
  let setting: IngestSetting;
  beforeAll(async () => {
    setting = await openIngestSetting();
  });
  afterAll(() => setting.close());

  it.each<[string, string]>([
    ['[1]', '"[1]"'],
    ['null', '"null"'],
    ["it's 100% \\ text", `"it's 100% \\\\ text"`],
  ])('takes the place of a comment that is %s, which is kept', async (comment, kept) => {
    const table = setting.table();
    await ingest(setting.postgres, [table], () => []);
    await setting.ask(`COMMENT ON TABLE ${quoteTable(table)} IS ${quoteText(comment)}`);
    const { highWatermark } = await ingest(setting.postgres, [table], once(table, [[1, 'a']], 'é'), {
      run: { run: 'r' },
    });
    expect(highWatermark).toEqual({ from: null, to: 'é' });
    expect(await setting.commentOf(table)).toBe(
      `{"comment": ${kept}, "pg-bulk-ingest": {"high-watermark": "\\u00e9"}, ${ours}}`,
    );
  });

  it('of pg-bulk-ingest is gone on from', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], () => []);
    await setting.ask(
      `COMMENT ON TABLE ${quoteTable(table)} IS '{"pg-bulk-ingest": {"high-watermark": {"at": "2015-01-02"}}}'`,
    );
    expect(await readWatermark(setting.postgres, table)).toEqual({ value: { at: '2015-01-02' }, marker: null });
    const result = await ingest(setting.postgres, [table], () => []);
    expect(result.highWatermark.from).toEqual({ at: '2015-01-02' });
  });

  it('beyond 2^53 stops a run that would go on from it, and no other', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], () => []);
    await setting.ask(
      `COMMENT ON TABLE ${quoteTable(table)} IS '{"pg-bulk-ingest": {"high-watermark": 9007199254740993}}'`,
    );
    const error = await rejection(ingest(setting.postgres, [table], once(table, [[1, 'a']], 1)));
    expect(error).toMatchObject({ code: 'HIGH_WATERMARK_BAD', retryable: false });
    expect(await setting.rowsOf(table)).toEqual([]);
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 1), { highWatermark: '__EARLIEST__' });
    expect((await readWatermark(setting.postgres, table)).value).toBe(1);
  });

  it('of a table that does not exist is null', async () => {
    const missing = { schema: 'no such schema', name: 'no such table' };
    expect(await readWatermark(setting.postgres, missing)).toEqual({ value: null, marker: null });
    const client = await setting.database.connect();
    expect(await readWatermark(client, missing)).toEqual({ value: null, marker: null });
  });

  it('survives the replacement of its table, with the other keys of the comment', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 1));
    const comment = (await setting.commentOf(table)) ?? '';
    await setting.ask(`COMMENT ON TABLE ${quoteTable(table)} IS ${quoteText(comment.replace('{', '{"kept": 1.0, '))}`);
    const changed = { ...table, columns: [...table.columns, { name: 'added', type: 'text' }] };
    const result = await ingest(setting.postgres, [changed], once(changed, [[2, 'b', 'c']], 2));
    expect(result.tables[0]?.migration).toBe('replaced');
    expect(await setting.commentOf(table)).toMatch(
      /^\{"kept": 1\.0, "pg-bulk-ingest": \{"high-watermark": 2\}, "tidemark": /,
    );
  });
});
