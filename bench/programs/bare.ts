import { MockActivityEnvironment } from '@temporalio/testing';
import type { Discovery, TableTarget, TidemarkActivities, TitanRdmActivities } from '../../contracts/activities.js';
import { configSchema, type TidemarkConfigInput } from '../../contracts/config.js';
import {
  titanConventionDownloadInputSchema,
  titanConventionUploadInputSchema,
  type TitanConventionDownloadInput,
  type TitanConventionUploadInput,
} from '../../contracts/titan-inputs.js';
import { createTidemarkActivities, createTitanRdmActivities, ResultsFolder } from '../../activities/index.js';
import { openConnections } from '../../workers/connections.js';
import { tuneProcess } from '../../workers/tune-process.js';
import { forEachBounded, Gate } from '../../workflows/bounded.js';
import type { Sample } from '../rounds.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

/**
 * The steps of our workflows made bare: the same activity functions in the same order and with the same concurrency, called as
 * functions, without Temporal. What the workflow needs above this is the price of durability.
 */
const handlers = {
  start: ({ config }: { config: TidemarkConfigInput }) => {
    tuneProcess();
    const parsed = configSchema.parse(config);
    const { titanrdm, stores } = openConnections(parsed);
    const results = new ResultsFolder(parsed.results.folder);
    steps = { ...createTitanRdmActivities({ titanrdm, stores }), ...createTidemarkActivities({ stores, results }) };
  },

  /** To the reply of `complete`. */
  upload: (input: TitanConventionUploadInput) => timed(() => upload(input)),

  /** Until the last table is in the store. */
  download: (input: TitanConventionDownloadInput) => timed(() => download(input)),

  peakRssMegabytes: () => peakRssMegabytes(),
  stop: () => Promise.resolve(),
};
export type BareProgram = typeof handlers;

let steps: TitanRdmActivities & TidemarkActivities;

async function timed(work: () => Promise<void>): Promise<Sample> {
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1_000, peakRssMegabytes: peakRssMegabytes() };
}

/** One step, with a context of its own as a worker would give it. */
function step<I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> {
  return new MockActivityEnvironment({ attempt: 1 }).run(activity, input);
}

async function upload(given: TitanConventionUploadInput): Promise<void> {
  const input = titanConventionUploadInputSchema.parse(given);
  const { connection } = input;
  const { branchId, tables } = await discover(input);
  const sources = tables.map((target) => ({ connection: input.store, table: target.conventionKey }));
  const present = await step(steps.tidemarkProbeTables, { sources });
  if (present.some((presence) => presence !== 'rows')) throw new Error('a source of the benchmark is missing');
  const codes = { description: 'Benchmark', correlationCode: 'benchmark' };
  const { importId } = await step(steps.titanCreateBatch, { connection, branchId, ...codes });
  const importTableIds: string[] = [];
  await forEachBounded(tables, input.concurrency, async (target: TableTarget) => {
    const sent = await step(steps.titanSendTable, {
      connection,
      branchId,
      importId,
      target,
      source: { connection: input.store, table: target.conventionKey },
      pattern: input.pattern,
      correlationCode: `benchmark:${target.table}`,
      onEmpty: input.onEmpty,
      validate: input.validate,
    });
    importTableIds.push(...sent.importTables.map(({ id }) => id));
  });
  const { status, verdict } = await step(steps.titanVerifyBatch, { connection, importId, importTableIds });
  if (verdict !== 'whole') throw new Error('the batch of the benchmark is not whole');
  await step(steps.titanCompleteBatch, { connection, importId, statusBefore: status, message: 'Benchmark' });
}

async function download(given: TitanConventionDownloadInput): Promise<void> {
  const input = titanConventionDownloadInputSchema.parse(given);
  const { connection, store, poll, pattern, includeHistory } = input;
  const { branchId, tables } = await discover(input);
  const receiving = new Gate(input.concurrency);
  await forEachBounded(tables, input.exportsInFlight, async (target: TableTarget) => {
    const { exportId } = await step(steps.titanCreateExport, {
      connection,
      branchId,
      tableKey: target.key,
      pattern,
      includeHistory,
      correlationCode: `benchmark:${target.table}`,
    });
    const ready = await step(steps.titanPollExport, { connection, exportId, poll });
    await receiving.run(() =>
      step(steps.titanReceiveTable, {
        connection,
        branchId,
        exportId,
        tableKey: target.key,
        store,
        table: target.conventionKey,
        mode: 'replace',
        deltaName: 'benchmark',
        expectedRows: ready.rows,
      }),
    );
  });
}

function discover(input: {
  connection: string;
  branch: { id: number } | { name: string; owner?: number | string | undefined };
  domain: string;
  tables?: string[] | undefined;
}): Promise<Discovery> {
  const { connection, domain, tables } = input;
  const branch =
    'id' in input.branch
      ? input.branch
      : { name: input.branch.name, ...(input.branch.owner === undefined ? {} : { owner: input.branch.owner }) };
  return step(steps.titanDiscover, { connection, branch, domain, ...(tables === undefined ? {} : { tables }) });
}

serve(handlers);
