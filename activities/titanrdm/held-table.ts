import type { Poll } from '../../contracts/titan-common.js';
import type { HeldTable } from '../../connectors/titanrdm/compare/index.js';
import { exportState, type TitanRdm } from '../../connectors/titanrdm/index.js';
import { createExport, waitForExport } from './exports.js';

export interface HeldTableInput {
  branchId: string;
  tableKey: string;
  correlationCode: string;
  poll: Poll;
  /** Exports that may have been made for it already, the likeliest first. */
  earlier: readonly (string | undefined)[];
  /** Told which export is used, before it is waited for. */
  onExport?: (exportId: string) => void;
}

/**
 * What TitanRDM holds of a table: a full export, waited for and opened. One that was made already is used where it is still to be had, for
 * exports are metered.
 */
export async function openHeldTable(client: TitanRdm, input: HeldTableInput, signal: AbortSignal): Promise<HeldTable> {
  const exportId = (await usable(client, input.earlier, signal)) ?? (await newExport(client, input, signal));
  input.onExport?.(exportId);
  const { rows } = await waitForExport(client, exportId, { poll: input.poll, signal });
  return { csv: await client.downloadExport(exportId, { signal }), rows };
}

async function usable(
  client: TitanRdm,
  earlier: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const exportId of earlier) {
    if (exportId === undefined) continue;
    const found = await client.getExport(exportId, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (found !== undefined && exportState(found.status) !== 'failed') return exportId;
  }
  return undefined;
}

async function newExport(client: TitanRdm, input: HeldTableInput, signal: AbortSignal): Promise<string> {
  const { branchId, tableKey, correlationCode } = input;
  const asked = { branchId, tableKey, correlationCode, pattern: 'full', includeHistory: false } as const;
  return (await createExport(client, asked, signal)).exportId;
}
