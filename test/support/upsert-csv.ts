import { Readable } from 'node:stream';
import { readColumnTypes } from '../../connectors/postgres/encode/column-types.js';
import type { Postgres, PostgresTable } from '../../connectors/postgres/index.js';
import { csvPortions } from '../../connectors/postgres/load/csv.js';
import type { Portion } from '../../connectors/postgres/load/portion.js';
import { type StagedRows, upsert } from '../../connectors/postgres/load/upsert.js';
import { stageChanged } from '../../connectors/postgres/unchanged/stage-changed.js';

/** Upserts CSV as an ingest does, and says how many rows went by way of the staging table. */
export function upsertCsv(
  postgres: Pick<Postgres, 'transaction'>,
  table: PostgresTable,
  csv: string | Readable,
  signal?: AbortSignal,
): Promise<StagedRows> {
  const stream = typeof csv === 'string' ? Readable.from([Buffer.from(csv)]) : csv;
  return upsertPortions(postgres, table, csvPortions(stream, table), signal);
}

/** The same of any portions of one table. */
export async function upsertPortions(
  postgres: Pick<Postgres, 'transaction'>,
  table: PostgresTable,
  portions: AsyncIterable<Portion>,
  signal?: AbortSignal,
): Promise<StagedRows> {
  return postgres.transaction(
    async (client) => {
      const types = await readColumnTypes(client, table);
      const inOrder = table.columns.flatMap(({ name }) => types.find((type) => type.name === name) ?? []);
      let result: StagedRows | undefined;
      for await (const portion of portions) {
        const source = await portion.open(inOrder, 1, false);
        const options = { live: table, types: inOrder, key: table.primaryKey ?? [], firstRow: 1, signal };
        await upsert(client, { writeTo: table, table, types: inOrder }, async (session, target) => {
          result = await stageChanged(session, target, source, options);
          return result;
        });
      }
      if (result === undefined) throw new Error('there were no portions');
      return result;
    },
    { signal },
  );
}

/** Rows as CSV, each field as it is, or quoted where it must be. NULL is an empty field. */
export function csvOf(columns: readonly string[], rows: Iterable<readonly (string | number | null)[]>): string {
  const lines = [columns.join(',')];
  for (const row of rows) lines.push(row.map(field).join(','));
  return `${lines.join('\n')}\n`;
}

function field(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
