import { describe, expect, it } from '@jest/globals';
import type { ImportPattern } from '../contracts/titan-common.js';
import { TidemarkError } from '../contracts/errors.js';
import {
  headerFor,
  planUpload,
  SYSTEM_COLUMNS,
  targetsOf,
  type UploadPlan,
} from '../connectors/titanrdm/upload-rules.js';
import { columnsOf, mappingOf } from './support/upload-tables.js';

const FULL = 'full';
const UPSERT = 'incremental_upsert_only';
const DELETES = 'incremental_with_delete';
/** Key `id`, required `name`, optional `note`. */
const columns = columnsOf('id*', 'name!', 'note');

function plan(header: string[], pattern: ImportPattern, mapping?: unknown, table = columns): UploadPlan {
  return planUpload({ table: 'cust_customers', header, columns: table, mapping: mappingOf(mapping), pattern });
}

/** The error's code and text, or `ok`. */
function outcome(work: () => UploadPlan): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error;
    expect(error.retryable).toBe(false);
    return `${error.code}: ${error.message}`;
  }
}

const PATTERNS = [FULL, UPSERT, 'incremental', DELETES] as const;

describe('planUpload, the code column', () => {
  it.each<[ImportPattern, boolean, string]>([
    [FULL, false, 'ok'],
    [FULL, true, 'UNEXPECTED_TRANSACTION_CODES'],
    [UPSERT, false, 'ok'],
    [UPSERT, true, 'UNEXPECTED_TRANSACTION_CODES'],
    ['incremental', false, 'ok'],
    ['incremental', true, 'UNEXPECTED_TRANSACTION_CODES'],
    [DELETES, false, 'MISSING_TRANSACTION_CODES'],
    [DELETES, true, 'ok'],
  ])('under %s, column there: %s, is %s', (pattern, isThere, expected) => {
    const header = ['id', 'name', 'note', ...(isThere ? ['trdm_tran_code'] : [])];
    expect(outcome(() => plan(header, pattern)).split(':')[0]).toBe(expected);
  });

  it('names what can be done where codes are missing, the pattern that finds them first', () => {
    const text = outcome(() => plan(['id', 'name', 'note'], DELETES));
    expect(text).toContain("'full'");
    expect(text).toContain("'incremental_upsert_only'");
    expect(text).toContain("'auto'");
  });
});

describe('planUpload, unknown columns', () => {
  it.each(PATTERNS)('lists them, with near names, under %s', (pattern) => {
    const header = ['id', 'nmae', 'note', 'surplus', ...(pattern === DELETES ? ['trdm_tran_code'] : [])];
    const text = outcome(() => plan(header, pattern));
    expect(text).toContain('UNKNOWN_COLUMNS');
    expect(text).toContain('"nmae" (near: "name"');
    expect(text).toContain('"surplus"');
    expect(text).toContain('ignore them silently');
  });

  it('takes names exactly: another case is another column', () => {
    expect(outcome(() => plan(['ID', 'name', 'note'], FULL))).toContain('UNKNOWN_COLUMNS');
  });

  it('cuts a long list', () => {
    const text = outcome(() =>
      plan(['id', 'name', 'note', ...Array.from({ length: 50 }, (_, index) => `x${index}`)], FULL),
    );
    expect(text).toContain('and 40 more');
  });
});

describe('planUpload, missing columns', () => {
  it.each<[string, ImportPattern, string[], string]>([
    ['a key column', FULL, ['name', 'note'], 'MISSING_COLUMNS'],
    ['a key column', UPSERT, ['name', 'note'], 'MISSING_COLUMNS'],
    ['a key column', DELETES, ['name', 'note', 'trdm_tran_code'], 'MISSING_COLUMNS'],
    ['a required column', FULL, ['id', 'note'], 'MISSING_COLUMNS'],
    ['a required column', UPSERT, ['id', 'note'], 'MISSING_COLUMNS'],
    ['a required column (a file of deletes can do without)', DELETES, ['id', 'trdm_tran_code'], 'ok'],
    ['an optional column (the server would empty it)', FULL, ['id', 'name'], 'MISSING_COLUMNS'],
    ['an optional column', UPSERT, ['id', 'name'], 'ok'],
    ['an optional column', DELETES, ['id', 'name', 'trdm_tran_code'], 'ok'],
    ['nothing', FULL, ['note', 'id', 'name'], 'ok'],
  ])('%s under %s', (_, pattern, header, expected) => {
    expect(outcome(() => plan(header, pattern)).split(':')[0]).toBe(expected);
  });

  it('says which columns an incremental file lacks', () => {
    expect(plan(['id', 'name'], UPSERT).warnings).toEqual(['The file lacks columns that the table has: "note".']);
    expect(plan(['id', 'trdm_tran_code'], DELETES).missingForUpserts).toEqual(['name']);
  });

  it('refuses two columns of one name', () => {
    expect(outcome(() => plan(['id', 'name', 'id'], FULL))).toContain('two columns are named "id"');
  });
});

describe('planUpload, what it looks at in rows', () => {
  it('watches keys in the order of the definition, required columns, and codes', () => {
    const table = columnsOf('b*', 'x', 'a*', 'r!');
    expect(plan(['trdm_tran_code', 'a', 'r', 'b', 'x'], DELETES, undefined, table)).toMatchObject({
      keys: [3, 1],
      tranCode: 0,
      required: [
        { index: 3, inDeletes: true },
        { index: 1, inDeletes: true },
        { index: 2, inDeletes: false },
      ],
    });
  });

  it('has no keys to compare in a table without a key', () => {
    expect(plan(['a'], FULL, undefined, columnsOf('a')).keys).toEqual([]);
  });
});

describe('planUpload, import mappings', () => {
  const renamed = {
    columns: [
      { source: 'customer', target: 'id' },
      { source: 'name', target: 'name' },
    ],
  };

  it.each([undefined, null, '', {}, [], { columns: [] }])('takes %j for equal names', (config) => {
    expect(outcome(() => plan(['id', 'name', 'note'], FULL, config))).toBe('ok');
    expect(outcome(() => plan(['customer', 'name', 'note'], FULL, config))).toContain('UNKNOWN_COLUMNS');
  });

  it('knows a column by the name that the mapping gives it', () => {
    // `note` is left out by the mapping, so that no file need have it.
    expect(plan(['customer', 'name'], FULL, renamed)).toMatchObject({ keys: [0], warnings: [] });
    expect(outcome(() => plan(['id', 'name'], FULL, renamed))).toContain('UNKNOWN_COLUMNS');
    expect(outcome(() => plan(['name'], FULL, renamed))).toContain('lacks the columns "customer"');
  });

  it('compares keys only where all of them are in the file, however they are called there (weakness 15)', () => {
    const table = columnsOf('country*', 'code*', 'name');
    const mapping = {
      columns: [
        { source: 'land', target: 'country' },
        { source: 'code', target: 'code' },
        { source: 'name', target: 'name' },
      ],
    };
    expect(plan(['code', 'name', 'land'], FULL, mapping, table).keys).toEqual([2, 0]);
    const withoutCountry = { columns: mapping.columns.slice(1) };
    expect(plan(['code', 'name'], FULL, withoutCountry, table).keys).toEqual([]);
  });

  it.each([{ fields: { a: 'b' } }, { columns: 'a' }, { columns: [{ from: 'a', to: 'b' }] }, 'text', 7])(
    'checks no columns where a mapping has the unknown form %j, and says so',
    (config) => {
      const made = plan(['whatever', 'else'], FULL, config);
      expect(made).toMatchObject({ keys: [], required: [] });
      expect(made.warnings).toEqual([expect.stringContaining('form that Tidemark does not know')]);
      expect(outcome(() => plan(['whatever', 'trdm_tran_code'], FULL, config))).toContain(
        'UNEXPECTED_TRANSACTION_CODES',
      );
    },
  );

  it('checks no columns where the server did not say which there are, and says so', () => {
    expect(plan(['whatever'], FULL, undefined, []).warnings).toEqual([
      expect.stringContaining('did not say which columns'),
    ]);
  });

  it('knows nothing of a mapping to a column that is not deployed', () => {
    const mapping = { columns: [...renamed.columns, { source: 'old', target: 'deleted' }] };
    expect([...(targetsOf(mappingOf(mapping), columns) ?? [])]).toEqual([
      ['customer', 'id'],
      ['name', 'name'],
    ]);
  });
});

describe('planUpload, files of exports', () => {
  const exported = ['id', 'name', 'note', ...SYSTEM_COLUMNS, 'trdm_tran_code'];

  it('leaves out what an export adds, and the code column where it is blank', () => {
    expect(plan(exported, FULL)).toMatchObject({
      drop: [...SYSTEM_COLUMNS].map((_, index) => index + 3),
      blankCode: 14,
      tranCode: undefined,
    });
    expect(plan(exported, FULL).warnings).toEqual([expect.stringContaining('"trdm_sk"')]);
  });

  it('keeps the code column for the pattern that wants it', () => {
    expect(plan(exported, DELETES)).toMatchObject({ blankCode: undefined, tranCode: 14 });
  });
});

describe('headerFor', () => {
  it.each<[string, ImportPattern, unknown, string]>([
    ['the columns of the table', FULL, undefined, 'id,name,note\n'],
    ['codes where the pattern wants them', DELETES, undefined, 'id,name,note,trdm_tran_code\n'],
    [
      'the names that the mapping expects',
      FULL,
      { columns: [{ source: 'customer, id', target: 'id' }] },
      '"customer, id"\n',
    ],
    ['nothing where the columns are not known', FULL, { odd: true }, ''],
  ])('writes %s', (_, pattern, mapping, header) => {
    expect(headerFor({ columns, mapping: mappingOf(mapping), pattern })).toBe(header);
  });
});
