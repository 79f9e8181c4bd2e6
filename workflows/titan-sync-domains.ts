import { continueAsNew, executeChild, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { cutText, type ErrorInfo } from '../contracts/errors.js';
import { titanSyncDomainsInputSchema, type TitanSyncDomainsInput } from '../contracts/titan-inputs.js';
import type {
  DomainResult,
  TitanConventionDownloadResult,
  TitanConventionUploadResult,
  TitanSyncDomainsResult,
} from '../contracts/titan-results.js';
import { forEachBounded } from './bounded.js';
import { checkCarried } from './carried.js';
import { errorInfoOf, failWith, resultInFailure } from './failures.js';
import { parseInput } from './input.js';
import type { Progress } from './progress.js';
import { call } from './steps.js';
import { addTables, emptySync, syncResult, type SyncState } from './sync/state.js';
import { titanConventionDownload } from './titan-convention-download.js';
import { titanConventionUpload } from './titan-convention-upload.js';
import { watched } from './watched.js';

interface Carried {
  version: 1;
  state: SyncState;
}

type Parsed = z.output<typeof titanSyncDomainsInputSchema>;

/** Errors are carried from run to run: a list of them must stay small. */
const MAX_CARRIED_TEXT = 500;

/**
 * Convention sync of many domains, each as a child workflow of its own, at most `domainsInFlight` at a time.
 * @param input see {@link titanSyncDomainsInputSchema}
 */
export function titanSyncDomains(input: TitanSyncDomainsInput, carried?: Carried): Promise<TitanSyncDomainsResult> {
  return watched((progress) => run(input, progress, carried), input);
}

async function run(
  input: TitanSyncDomainsInput,
  progress: Progress,
  carried?: Carried,
): Promise<TitanSyncDomainsResult> {
  const parsed = parseInput('titanSyncDomains', titanSyncDomainsInputSchema, input);
  checkCarried(carried);
  progress.about(`Convention ${parsed.direction} of ${parsed.domains?.length ?? 'all'} domains`, 'domain');
  const state = carried?.state ?? emptySync(await domainNames(parsed));
  progress.together(() => {
    for (const domain of state.waiting) progress.table(domain, 'waiting');
    for (const { domain, status, totals } of state.domains) progress.ended(domain, status, totals);
  });

  progress.enter('syncing');
  const waiting = [...state.waiting];
  const mayStart = (): boolean => {
    const stopped = parsed.onDomainError === 'stop' && state.totals.domainsFailed > 0;
    return !stopped && !workflowInfo().continueAsNewSuggested;
  };
  // The window is let run empty before the next run begins: no child outlives the run that waits for it.
  await forEachBounded(waiting, parsed.domainsInFlight, (domain) => syncOne(parsed, domain, state, progress), mayStart);

  const stopped = parsed.onDomainError === 'stop' && state.totals.domainsFailed > 0;
  if (state.waiting.length > 0 && !stopped) await continueAsNew<typeof titanSyncDomains>(input, { version: 1, state });
  const result = await syncResult(parsed.direction, state);
  if (state.firstError !== undefined) {
    throw failWith(
      state.firstError,
      `${state.totals.domainsFailed} of ${state.totals.domains} domains failed. The first: ${state.firstError.message}`,
      result,
    );
  }
  return result;
}

async function domainNames(parsed: Parsed): Promise<string[]> {
  const found = await call('Find the domains').titanListDomains({
    connection: parsed.connection,
    branch: parsed.branch,
    ...(parsed.domains === undefined ? {} : { domains: parsed.domains }),
  });
  return found.map((domain) => domain.name);
}

async function syncOne(parsed: Parsed, domain: string, state: SyncState, progress: Progress): Promise<void> {
  const workflowId = `${workflowInfo().workflowId}/${domain}`;
  progress.table(domain, 'syncing');
  try {
    const result = await runChild(parsed, domain, workflowId);
    await addTables(state, result);
    add(state, {
      domain,
      workflowId,
      status: 'success',
      totals: result.totals,
      ...('batch' in result ? { batchId: result.batch?.id ?? null } : {}),
    });
    progress.ended(domain, 'success', result.totals);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const info = errorInfoOf(error);
    const short: ErrorInfo = { ...info, message: cutText(info.message, MAX_CARRIED_TEXT) };
    const partial = partialResult(resultInFailure(error));
    await addTables(state, partial);
    state.firstError ??= { ...short, message: `${domain}: ${short.message}` };
    state.totals.domainsFailed += 1;
    add(state, { domain, workflowId, status: `error: ${short.message}`, totals: partial.totals, error: short });
    progress.ended(domain, `error: ${short.message}`);
  }
}

type PartialResult = Pick<
  TitanConventionUploadResult | TitanConventionDownloadResult,
  'totals' | 'tables' | 'tablesReference'
>;

/** A child that failed before it knew its tables left no list. */
function partialResult(left: unknown): PartialResult {
  const nothing = { tables: 0, success: 0, skipped: 0, failed: 0, rows: 0, bytes: 0 };
  // Only our own workflows are children here: a list that is there is theirs.
  return left === undefined ? { totals: nothing, tables: [] } : (left as PartialResult);
}

function add(state: SyncState, result: DomainResult): void {
  state.waiting = state.waiting.filter((domain) => domain !== result.domain);
  state.domains.push(result);
  for (const key of ['tables', 'success', 'skipped', 'failed', 'rows', 'bytes'] as const)
    state.totals[key] += result.totals[key];
}

function runChild(
  parsed: Parsed,
  domain: string,
  workflowId: string,
): Promise<TitanConventionUploadResult | TitanConventionDownloadResult> {
  const options = {
    workflowId,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    parentClosePolicy: 'REQUEST_CANCEL',
    staticSummary: `Convention ${parsed.direction} of ${domain}`,
  } as const;
  if (parsed.direction === 'upload') {
    const { domains, domainsInFlight, onDomainError, direction, ...shared } = parsed;
    return executeChild(titanConventionUpload, { ...options, args: [{ ...given(shared), domain }] });
  }
  const { domains, domainsInFlight, onDomainError, direction, ...shared } = parsed;
  return executeChild(titanConventionDownload, { ...options, args: [{ ...given(shared), domain }] });
}

/** Leaves out what is undefined, as the input types want it. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // The cast states what the filter has just made true.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
