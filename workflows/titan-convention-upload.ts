import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { Discovery } from '../contracts/activities.js';
import { titanConventionUploadInputSchema, type TitanConventionUploadInput } from '../contracts/titan-inputs.js';
import type { ImportPattern } from '../contracts/titan-common.js';
import type { TitanConventionUploadResult } from '../contracts/titan-results.js';
import { checkCarried } from './carried.js';
import { discover, unknownNames } from './discovery.js';
import { correlationCodes, type ImportState } from './import/job.js';
import { runImport } from './import/run-import.js';
import { parseInput } from './input.js';
import type { Progress } from './progress.js';
import { watched } from './watched.js';

interface Carried {
  version: 1;
  runId: string;
  discovery: Discovery;
  state: ImportState;
}

/**
 * Sends every table of a domain that the store holds under its convention key, as one import batch.
 * @param input see {@link titanConventionUploadInputSchema}
 */
export function titanConventionUpload(
  input: TitanConventionUploadInput,
  carried?: Carried,
): Promise<TitanConventionUploadResult> {
  return watched((progress) => run(input, progress, carried), input);
}

async function run(
  input: TitanConventionUploadInput,
  progress: Progress,
  carried?: Carried,
): Promise<TitanConventionUploadResult> {
  const parsed = parseInput('titanConventionUpload', titanConventionUploadInputSchema, input);
  checkCarried(carried);
  progress.about(`Convention upload of ${parsed.domain}`);
  const runId = carried?.runId ?? workflowInfo().runId;
  const discovery = carried?.discovery ?? (await discover(parsed));
  unknownNames(Object.keys(parsed.patterns ?? {}), discovery.tables, 'patterns');

  const codes = correlationCodes(parsed.correlationCode, runId);
  const manifest = discovery.tables.map((target) => ({
    target,
    source: { connection: parsed.store, table: target.conventionKey },
    pattern: patternOf(parsed.patterns, target) ?? parsed.pattern,
    correlationCode: codes.of(target.table),
    onEmpty: parsed.onEmpty,
  }));
  const result = await runImport({
    branchId: discovery.branchId,
    manifest,
    progress,
    options: {
      connection: parsed.connection,
      description: parsed.description ?? `Convention sync upload for ${parsed.domain}`,
      correlationCode: codes.batch,
      completionMessage: 'Convention sync upload completed',
      onTableError: parsed.onTableError,
      validate: parsed.validate,
      poll: parsed.poll,
      concurrency: parsed.concurrency,
    },
    ...(carried === undefined ? {} : { carried: carried.state }),
    continueWith: (state) =>
      continueAsNew<typeof titanConventionUpload>(input, { version: 1, runId, discovery, state }),
  });
  const { summary, ...rest } = result;
  return { summary, domain: parsed.domain, ...rest };
}

function patternOf(
  patterns: Record<string, ImportPattern> | undefined,
  target: { name: string; table: string },
): ImportPattern | undefined {
  return patterns?.[target.table] ?? patterns?.[target.name];
}
