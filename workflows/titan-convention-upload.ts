import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { Discovery } from '../contracts/activities.js';
import {
  titanConventionUploadInputSchema,
  UPSERT_PATTERNS,
  type TitanConventionUploadInput,
} from '../contracts/titan-inputs.js';
import type { UploadPattern } from '../contracts/titan-common.js';
import type { TitanConventionUploadResult } from '../contracts/titan-results.js';
import type { Opened } from '../contracts/watermark.js';
import { checkCarried } from './carried.js';
import { discover, unknownNames } from './discovery.js';
import { correlationCodes, type ImportState } from './import/job.js';
import { runImport } from './import/run-import.js';
import { parseInput } from './input.js';
import type { Progress } from './progress.js';
import { watched } from './watched.js';
import { advanceTable, markOf, marksOwner, openMarks, showMarks } from './watermark/table-marks.js';

interface Carried {
  version: 1;
  runId: string;
  discovery: Discovery;
  state: ImportState;
  /** What the pipeline held when the run began. */
  opened?: Opened;
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
  const { incremental, pipeline } = parsed;
  const owner = incremental === undefined || pipeline === undefined ? undefined : marksOwner(pipeline);
  const keys = discovery.tables.map(({ conventionKey }) => conventionKey);
  const opened = owner && (carried?.opened ?? (await openMarks(owner, keys)));
  const markOfTable = (key: string) => owner && opened && markOf(opened, key, owner.run);
  const manifest = discovery.tables.map((target) => {
    const pattern = patternOf(parsed.patterns, target) ?? parsed.pattern;
    const mark = UPSERT_PATTERNS.includes(pattern) ? markOfTable(target.conventionKey) : undefined;
    return {
      target,
      source: { connection: parsed.store, table: target.conventionKey },
      pattern,
      correlationCode: codes.of(target.table),
      onEmpty: parsed.onEmpty,
      ...(incremental === undefined || mark === undefined
        ? {}
        : { changes: { ...given(incremental), after: textOf(mark.from) } }),
    };
  });
  const marked = manifest.flatMap(({ target, changes }) => (changes === undefined ? [] : [target.conventionKey]));
  if (owner !== undefined && opened !== undefined) progress.together(() => showMarks(progress, marked, owner, opened));
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
      maxDeletes: parsed.maxDeletes,
    },
    ...(carried === undefined ? {} : { carried: carried.state }),
    ...(owner === undefined
      ? {}
      : {
          advance: async (key: string, mark: string) => {
            const moved = await advanceTable(owner, key, markOfTable(key) ?? { from: null, sequence: 1 }, mark);
            progress.mark(key, moved.to);
            return moved;
          },
        }),
    continueWith: (state) =>
      continueAsNew<typeof titanConventionUpload>(input, {
        version: 1,
        runId,
        discovery,
        state,
        ...(opened === undefined ? {} : { opened }),
      }),
  });
  const { summary, ...rest } = result;
  return { summary, domain: parsed.domain, ...rest };
}

function given({ cursor, lag }: { cursor: string; lag?: string | number | undefined }): {
  cursor: string;
  lag?: string | number;
} {
  return { cursor, ...(lag === undefined ? {} : { lag }) };
}

/** The server compares it by the type of the cursor's column. */
function textOf(mark: unknown): string | null {
  if (mark === null) return null;
  return typeof mark === 'string' ? mark : JSON.stringify(mark);
}

function patternOf(
  patterns: Record<string, UploadPattern> | undefined,
  target: { name: string; table: string },
): UploadPattern | undefined {
  return patterns?.[target.table] ?? patterns?.[target.name];
}
