import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  allowedDeletes,
  compareForPlan,
  compareForUpload,
  type CompareOptions,
} from '../connectors/titanrdm/compare/index.js';
import { prepareUpload } from '../connectors/titanrdm/prepare-upload.js';
import type { Column } from '../connectors/titanrdm/schema.js';
import type { TableDifference } from '../contracts/titan-results.js';
import { columnsOf, mappingOf } from './support/upload-tables.js';

const SYSTEM = ',trdm_sk,trdm_created_at,trdm_tran_code';
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tidemark-compare-'));
});
afterEach(async () => {
  expect(await readdir(directory)).toEqual([]);
});
afterAll(() => rm(directory, { recursive: true }));

interface Case {
  source: string;
  held: string;
  rows?: number | null;
  columns?: Column[];
  mapping?: unknown;
  pattern?: CompareOptions['pattern'];
}

/** Puts a source beside what TitanRDM holds; `look` gets both. */
async function compared<T>(
  { source, held, rows = null, columns = columnsOf('id*', 'name'), mapping, pattern = 'auto' }: Case,
  look: (prepared: Awaited<ReturnType<typeof prepareUpload>>, options: CompareOptions) => Promise<T>,
): Promise<T> {
  const shape = { table: 'cust_people', columns, mapping: mappingOf(mapping) };
  const stream = Readable.from(source === '' ? [] : [Buffer.from(source)], { objectMode: false });
  const checks = { ...shape, pattern, maxFileBytes: Infinity, validate: true, spoolDirectory: directory };
  const prepared = await prepareUpload({ stream }, checks);
  const csv = (): Readable => Readable.from(held === '' ? [] : [Buffer.from(held)], { objectMode: false });
  try {
    return await look(prepared, {
      ...{ ...shape, pattern, directory },
      held: () => Promise.resolve({ csv: csv(), rows }),
    });
  } finally {
    await prepared.dispose();
  }
}

/** The lines of what would be sent, sorted, behind its header. */
const delta = (given: Case): Promise<{ lines: string[]; difference: TableDifference }> =>
  compared(given, async (prepared, options) => {
    const found = await compareForUpload(prepared, options);
    try {
      const [header = '', ...lines] = (await text(found.open().stream)).trimEnd().split('\n');
      return { lines: [header, ...lines.filter((line) => line !== '').sort()], difference: found.difference };
    } finally {
      await found.dispose();
    }
  });
const sent = async (given: Case): Promise<string[]> => (await delta(given)).lines.slice(1);

describe('a source beside what TitanRDM holds', () => {
  it('yields inserts, updates and deletes with their codes, and counts the rest', async () => {
    const { lines, difference } = await delta({
      source: 'id,name\n1,same\n2,new name\n4,four\n',
      held: `id,name${SYSTEM}\n1,same,10,2026,\n2,old name,11,2026,\n3,gone,12,2026,\n`,
    });
    expect(lines).toEqual(['trdm_tran_code,id,name', 'd,3,gone', 'i,4,four', 'u,2,new name']);
    expect(difference).toEqual({ inserts: 1, updates: 1, deletes: 1, unchanged: 1, held: 3 });
  });

  it.each([
    ['1.10', '1.1'],
    ['00501', '501'],
    ['', '""'],
    ['""', ''],
    ['NA', ''],
    ['null', ''],
    ['True', 'true'],
    ['9007199254740993', '9007199254740992'],
    [' a', 'a'],
    ['"a\r\nb"', '"a\nb"'],
    ['é', 'e\u0301'],
    ['"\r"', '""'],
  ])('takes %j for another value than %j, and for itself', async (one, other) => {
    expect(await sent({ source: `id,name\n1,${one}\n`, held: `id,name${SYSTEM}\n1,${other},1,2026,\n` })).toHaveLength(
      one.includes('\n') ? 2 : 1,
    );
    for (const value of [one, other]) {
      expect(await sent({ source: `id,name\n1,${value}\n`, held: `id,name${SYSTEM}\n1,${value},1,2026,\n` })).toEqual(
        [],
      );
    }
  });

  it('takes a value for the same whether it stands in quotes or not, and whatever the line ends and the order of columns are', async () => {
    const held = `NAME,Id${SYSTEM}\r\n"a ""b"", c",1,7,2026,\r\nplain,"2",8,2026,\r\n`;
    expect(await sent({ source: 'id,name\n"1","a ""b"", c"\n2,"plain"', held })).toEqual([]);
  });

  it('compares by all columns of a composite key, under the names that the mapping gives them', async () => {
    const columns = columnsOf('country*', 'code*', 'name');
    const mapping = {
      columns: [
        { source: 'Bezeichnung', target: 'name' },
        { source: 'Land', target: 'country' },
        { source: 'Schlüssel', target: 'code' },
      ],
    };
    const { lines } = await delta({
      ...{ columns, mapping },
      source: 'Bezeichnung,Land,Schlüssel\nBerlin,DE,B\nBasel,CH,B\n',
      held: `country,code,name${SYSTEM}\nDE,B,Berlin,1,2026,\nCH,B,Bern,2,2026,\nDEB,,odd,3,2026,\nAT,B,Baden,4,2026,\n`,
    });
    expect(lines[0]).toBe('trdm_tran_code,Bezeichnung,Land,Schlüssel');
    expect(lines.slice(1).sort()).toEqual(['d,Baden,AT,B', 'd,odd,DEB,', 'u,Basel,CH,B']);
  });

  it('leaves columns alone that the source does not have', async () => {
    const columns = columnsOf('id*', 'name', 'note');
    const held = `id,name,note${SYSTEM}\n1,Ann,kept,1,2026,\n`;
    expect(await sent({ columns, source: 'id,name\n1,Ann\n', held })).toEqual([]);
    expect(await delta({ columns, source: 'id,name\n1,Anna\n', held })).toMatchObject({
      lines: ['trdm_tran_code,id,name', 'u,1,Anna'],
    });
  });

  it('tells columns apart whose names differ in their letters alone', async () => {
    const columns = columnsOf('id*', 'name', 'NAME');
    const { lines } = await delta({
      columns,
      source: 'id,name,NAME\n1,a,B\n',
      held: `id,NAME,name${SYSTEM}\n1,A,a,1,2026,\n`,
    });
    expect(lines).toEqual(['trdm_tran_code,id,name,NAME', 'u,1,a,B']);
  });

  it('takes everything for new where TitanRDM holds nothing, and everything for gone where the source is empty', async () => {
    expect(await sent({ source: 'id,name\n1,a\n', held: '' })).toEqual(['i,1,a']);
    expect(await sent({ source: 'id,name\n1,a\n', held: `id,name${SYSTEM}\n` })).toEqual(['i,1,a']);
    for (const source of ['id,name\n', '']) {
      expect(await sent({ source, held: `id,name${SYSTEM}\n1,a,1,2026,\n` })).toEqual(['d,1,a']);
    }
  });

  it('does not delete a record whose key the source only spells otherwise, where the type allows several spellings', async () => {
    const typed = columnsOf('id*', 'name').map((column) => ({ ...column, data_type: 'integer' }));
    const given = { source: 'id,name\n007,a\n8,b\n', held: `id,name${SYSTEM}\n7,a,1,2026,\n9,c,2,2026,\n` };
    expect(await sent({ ...given, columns: typed })).toEqual(['d,9,c', 'i,007,a', 'i,8,b']);
    expect(await sent(given)).toEqual(['d,7,a', 'd,9,c', 'i,007,a', 'i,8,b']);
  });

  it('reads codes as the source states them', async () => {
    const { sample, difference } = await compared(
      {
        pattern: 'incremental_with_delete',
        source: 'id,name,trdm_tran_code\n1,x, D \n2,b,u\n3,c,I\n9,z,d\n4,same,u\n',
        held: `id,name${SYSTEM}\n1,a,1,2026,\n2,old,1,2026,\n4,same,1,2026,\n5,kept,1,2026,\n`,
      },
      (prepared, options) => compareForPlan(prepared, options, 10),
    );
    expect(difference).toMatchObject({ inserts: 1, updates: 1, deletes: 1, held: 4 });
    expect(sample).toEqual([
      { change: 'delete', before: { id: '1', name: 'a' } },
      { change: 'update', before: { id: '2', name: 'old' }, after: { id: '2', name: 'b' } },
      { change: 'insert', after: { id: '3', name: 'c' } },
    ]);
  });

  it('shows no more of the changes than was asked for', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => `${index},n\n`).join('');
    const { sample, difference } = await compared({ source: `id,name\n${rows}`, held: '' }, (prepared, options) =>
      compareForPlan(prepared, options, 3),
    );
    expect(sample).toHaveLength(3);
    expect(difference.inserts).toBe(50);
  });

  it.each<[string, Case, string]>([
    ['a table without a key', { source: 'a\n1\n', held: 'a\n1\n', columns: columnsOf('a') }, 'NO_COMPARISON'],
    ['an export without a column', { source: 'id,name\n1,a\n', held: 'id\n1\n' }, 'NO_COMPARISON'],
    ['a mapping of an unknown form', { source: 'id,name\n1,a\n', held: 'id\n', mapping: { a: 1 } }, 'NO_COMPARISON'],
    ['a cut-off export', { source: 'id,name\n1,a\n', held: 'id,name\n1,a\n', rows: 2 }, 'TITAN_DOWNLOAD_INCOMPLETE'],
    ['an export that is no CSV', { source: 'id,name\n1,a\n', held: 'id,name\n1,a"b"\n' }, 'MALFORMED_CSV'],
  ])('refuses %s', async (_, given, code) => {
    await expect(sent(given)).rejects.toMatchObject({ code });
  });
});

describe('maxDeletes', () => {
  it.each<[number | string, number, number]>([
    [0, 100, 0],
    [5, 100, 5],
    [0.5, 3, 1],
    ['50%', 4, 2],
    [0.29, 100, 29],
    ['12.5%', 8, 1],
    ['100%', 7, 7],
    [0.1, 0, 0],
    [1, 100, 1],
  ])('%j of %d held records allows %d to go', (limit, held, allowed) => {
    expect(allowedDeletes(limit, held)).toBe(allowed);
  });
});
