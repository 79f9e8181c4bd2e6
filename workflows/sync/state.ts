import { workflowInfo } from '@temporalio/workflow';
import type { ErrorInfo } from '../../contracts/errors.js';
import {
  MAX_LIST_IN_RESULT,
  type DomainResult,
  type DownloadTableResult,
  type ResultsReference,
  type TitanSyncDomainsResult,
  type Totals,
  type UploadTableResult,
} from '../../contracts/titan-results.js';
import { counted, grouped } from '../../contracts/readable.js';
import { listOrReference } from '../listing.js';
import { call } from '../steps.js';

/** All that a sync of many domains has reached; carried over by continue-as-new. */
export interface SyncState {
  waiting: string[];
  domains: DomainResult[];
  totals: Totals & { domains: number; domainsFailed: number };
  /** Table entries kept here until they are too many; then they are in the results location. */
  tables: (UploadTableResult | DownloadTableResult)[];
  saved?: ResultsReference;
  firstError?: ErrorInfo;
}

export function emptySync(waiting: string[]): SyncState {
  const totals = {
    domains: waiting.length,
    domainsFailed: 0,
    tables: 0,
    success: 0,
    skipped: 0,
    failed: 0,
    rows: 0,
    bytes: 0,
  };
  return { waiting, domains: [], totals, tables: [] };
}

interface ChildResult {
  tables: (UploadTableResult | DownloadTableResult)[];
  tablesReference?: ResultsReference;
}

/** Takes over a child's table entries: kept while they are few, else written out, so that the state stays small. */
export async function addTables(state: SyncState, child: ChildResult): Promise<void> {
  if (child.tablesReference !== undefined) {
    await save(state, { from: child.tablesReference });
    return;
  }
  state.tables.push(...child.tables);
  if (state.saved !== undefined || state.tables.length > MAX_LIST_IN_RESULT) await flush(state);
}

async function flush(state: SyncState): Promise<void> {
  const entries = state.tables.splice(0);
  if (entries.length > 0) await save(state, { entries });
}

async function save(state: SyncState, what: { entries: unknown[] } | { from: ResultsReference }): Promise<void> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  // The part is taken before the step: other domains' steps run at the same time.
  state.saved ??= { location: '', name: 'tables', parts: 0, entries: 0 };
  state.saved.parts += 1;
  const part = state.saved.parts;
  const saved = await call(`Save tables, part ${part}`).tidemarkSaveResults({
    workflowId,
    runId: firstExecutionRunId,
    name: 'tables',
    part,
    ...what,
  });
  state.saved.location = saved.location;
  state.saved.entries += saved.entries;
}

export async function syncResult(direction: 'upload' | 'download', state: SyncState): Promise<TitanSyncDomainsResult> {
  if (state.saved !== undefined) await flush(state);
  const domains = await listOrReference('domains', state.domains);
  const { totals } = state;
  return {
    summary: `${grouped(totals.domains - totals.domainsFailed)} of ${counted(totals.domains, 'domain')}: ${grouped(totals.success)} of ${counted(totals.tables, 'table')}, ${counted(totals.rows, 'row')}.`,
    direction,
    totals,
    domains: domains.inline,
    tables: state.tables,
    ...(domains.reference === undefined ? {} : { domainsReference: domains.reference }),
    ...(state.saved === undefined ? {} : { tablesReference: state.saved }),
  };
}
