import { z } from 'zod';
import type { IngestSource } from '../../../contracts/postgres-inputs.js';
import type { JsonValue } from '../../../connectors/postgres/port.js';
import { quoteTable } from '../../../connectors/postgres/quote.js';
import type { TitanRdm } from '../../../connectors/titanrdm/index.js';
import { named } from '../../registry.js';
import { findTable } from '../../titanrdm/discover.js';
import { CHANGE_TIME_COLUMN, createExport, waitForExport } from '../../titanrdm/exports.js';
import type { PostgresDependencies } from '../dependencies.js';
import type { OpenedSource, OwnContext } from './context.js';
import type { DefinedHook } from './define.js';
import { foreignWatermark } from './errors.js';
import { ExportRows } from './export-rows.js';

type TitanSource = Extract<IngestSource, { type: 'titanrdm' }>;

/** TitanRDM's own columns begin so: those that the target does not declare are left out. */
const SYSTEM_PREFIX = 'trdm_';

/**
 * One export of a table as one batch: full from the beginning, otherwise the records that were written since the watermark, each in its
 * latest version, deleted ones too. The watermark is the largest change time received: never ahead of what the export has read. Whether
 * TitanRDM includes the moment of the watermark itself is not known, so the last records may come again; the upsert makes that harmless.
 */
export function titanSource(
  source: TitanSource,
  { titanrdm = {} }: Pick<PostgresDependencies, 'titanrdm'>,
): OpenedSource {
  const { client } = named('connection of type titanrdm', titanrdm, source.connection);
  return async function* (highWatermark, context) {
    const [table] = context.tables;
    // An export has all that there is: asked again by the same run, there would be at most its last records once more.
    if (table === undefined || context.committedBatches > 0) return;
    if (highWatermark !== null && typeof highWatermark !== 'string')
      throw foreignWatermark('titanrdm', 'a point in time, as text');
    const { signal } = context;
    const exportId = await exportOf(client, source, highWatermark, context);
    const ready = await waitForExport(client, exportId, { poll: source.poll, signal });
    if (ready.rows === 0) return;
    const declared = new Set(table.columns.map(({ name }) => name));
    const rows = new ExportRows(await client.downloadExport(exportId, { signal }), {
      table: source.table,
      largestOf: CHANGE_TIME_COLUMN,
      drops: (column) => column.startsWith(SYSTEM_PREFIX) && !declared.has(column),
      expectedRows: ready.rows,
    });
    context.announceLast();
    try {
      yield {
        highWatermark: () => rows.largest ?? highWatermark,
        metadata: { exportId },
        rows: { table, csv: rows.csv() },
      };
    } finally {
      rows.close();
    }
  };
}

const rememberedSchema = z.object({ exportId: z.string(), since: z.string().nullable() });

/** An export that an earlier attempt asked for is used: exports are metered. One that has failed meanwhile is asked for anew. */
async function exportOf(
  client: TitanRdm,
  source: TitanSource,
  since: string | null,
  { signal, remembered, remember, run }: OwnContext,
): Promise<string> {
  const earlier = rememberedSchema.safeParse(remembered).data;
  if (earlier?.since === since) {
    const state = await client.getExport(earlier.exportId, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (state !== undefined && state.status !== 'failed') return earlier.exportId;
  }
  const { branchId, target } = await findTable(client, source, signal);
  const { exportId } = await createExport(
    client,
    {
      branchId,
      tableKey: target.key,
      pattern: since === null ? 'full' : 'incremental',
      includeHistory: false,
      correlationCode: run.slice(0, 200),
      ...(since === null ? {} : { highWaterMark: since }),
    },
    signal,
  );
  const note: JsonValue = { exportId, since };
  remember(note);
  return exportId;
}

/** Removes the records that TitanRDM has deleted, in the transaction that brought word of them. */
export const removeTombstones: DefinedHook['run'] = async ({ client, table }) => {
  await client.query(`DELETE FROM ${quoteTable(table)} WHERE trdm_is_deleted`);
};
