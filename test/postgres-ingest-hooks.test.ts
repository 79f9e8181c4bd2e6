import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, readWatermark } from '../connectors/postgres/index.js';
import { batchOf, ID_AND_VALUE, type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());
describe('onBeforeVisible', () => {
  it('[acceptance 27] sees old and new rows while others see the old ones, and gets the metadata of each batch', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const seen: unknown[] = [];
    await ingest(
      setting.postgres,
      [{ ...table, columns: [...ID_AND_VALUE, { name: 'added', type: 'text' }] }],
      () => [
        { ...batchOf(table, [[2, 'b', 'c']]), metadata: { file: 1 } },
        { ...batchOf(table, [[3, 'd', 'e']]), metadata: 'second' },
      ],
      {
        onBeforeVisible: async ({ client, table: { schema, name }, batchMetadata }) => {
          const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int FROM "${schema}"."${name}"`);
          seen.push([batchMetadata, rows[0]?.count, (await setting.rowsOf(table))?.length]);
        },
      },
    );
    expect(seen).toEqual([
      [{ file: 1 }, 2, 1],
      ['second', 3, 2],
    ]);
  });

  it('is called for tables in the order in which they were loaded, then for those without rows', async () => {
    const tables = [setting.table(), setting.table(), setting.table()] as const;
    const seen: string[] = [];
    await ingest(setting.postgres, tables, () => [batchOf(tables[2], [[1, 'a']])], {
      onBeforeVisible: ({ table }) => {
        seen.push(table.name);
      },
    });
    expect(seen).toEqual([tables[2].name, tables[0].name, tables[1].name]);
  });

  it('that fails in the first batch leaves nothing', async () => {
    const table = { ...setting.table(), schema: 'never made' };
    const failing = ingest(setting.postgres, [table], once(table, [[1, 'a']]), {
      onBeforeVisible: () => Promise.reject(new Error('not like this')),
    });
    await expect(failing).rejects.toThrow('not like this');
    expect(await setting.ask(`SELECT count(*)::int FROM pg_namespace WHERE nspname = 'never made'`)).toBe(0);
  });

  it.each([
    ['hides an error of its statement', 'SELECT 1/0'],
    ['ends the transaction', 'COMMIT'],
  ])('that %s does not pass for success', async (_, statement) => {
    const table = setting.table();
    const error = await rejection(
      ingest(setting.postgres, [table], once(table, [[1, 'a']], 1), {
        onBeforeVisible: async ({ client }) => {
          await client.query(statement).catch(() => undefined);
        },
      }),
    );
    expect(error).toMatchObject({ code: 'POSTGRES_ROLLED_BACK' });
    expect((await readWatermark(setting.postgres, table)).value).toBeNull();
  });
});
