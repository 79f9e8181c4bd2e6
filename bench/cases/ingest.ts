import { peerRoundsOf, type Benchmark, type BenchmarkOptions } from '../benchmark.js';
import { IngestData, type IngestFiles } from '../data/ingest-files.js';
import { comparedOfPeer, ingestCases, limitSteps, type IngestCase } from '../ingest/cases.js';
import { copyLimit, type CopyLimit } from '../ingest/copy-limit.js';
import { SETTINGS } from '../ingest/server.js';
import type { BenchSource } from '../ingest/source.js';
import { runLibrary, startIngestSurroundings, type IngestSurroundings } from '../ingest/surroundings.js';
import { createTable, SCHEMA, TABLE, type Compared } from '../ingest/table.js';
import type { IngestPeerJob } from '../peer/peer.js';
import type { CaseResult } from '../report.js';
import { caseResult, measure, orchestration, takeTurns, type Sample } from '../rounds.js';
import { requirePeer } from './peer-job.js';

/** Rows into PostgreSQL: the peer is the real pg-bulk-ingest, the limit PostgreSQL's own COPY. */
export const ingestBenchmark: Benchmark = {
  name: 'ingest',
  about: '1,000,000 rows into PostgreSQL: without key, with key, in 100 batches, a small batch onto a large table',
  cases: ingestCases.map(({ name }) => name),
  defaultRows: 1_000_000,
  notes,
  run,
};

function notes({ peer, cases }: BenchmarkOptions): string[] {
  return [
    'tidemark: the whole durable workflow postgresIngest on a local Temporal server, from the call that starts it to its result; source files (CSV, Parquet) or, for append-rows, a source of the user’s own; memory is that of its worker process, one for each case (with a prebuilt workflow bundle).',
    'bare: the library alone, without Temporal, a new process each round.',
    'one session: where tidemark and bare copy rows with two (sessions: 2), the workflow as it is by default.',
    ...(peer === undefined
      ? ['The peer was left out (--no-peer).']
      : [
          'peer: pg-bulk-ingest 0.1.3 with psycopg 3, a new process each round, its start and imports not counted; rows from Python’s csv module, from pyarrow, or from memory. csv tells no NULL from an empty text: its rows are compared with the two made equal.',
          'arrow: the peer by its Arrow path from Parquet, without the numeric column, which it cannot load: it moves less than the others.',
        ]),
    `limit: ${copyLimit().by} of the same rows as CSV into a table that is there (key-empty: with its key); key-full and delta: COPY to a temporary table and INSERT ... ON CONFLICT; key-unchanged: the same for rows that differ.`,
    'Each run begins with a new database, or a copy of one that holds the full table, after a CHECKPOINT; after each run number and content of the rows are compared with what the limit loaded.',
    `PostgreSQL’s settings are its defaults (fsync on) but for ${Object.entries(SETTINGS)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ')}.`,
    'MB are those of the CSV, whatever was read. Each round runs them one after the other; seconds are medians, memory the largest of all rounds.',
    ...ingestCases.filter(({ name }) => cases.includes(name)).map(({ name, about }) => `${name}: ${about}.`),
  ];
}

async function run(options: BenchmarkOptions): Promise<CaseResult[]> {
  const data = new IngestData(options.dataFolder, options.rows);
  const chosen = ingestCases.filter(({ name }) => options.cases.includes(name));
  options.say('making the data, where they are not there yet');
  for (const one of chosen) await one.files(data);
  const around = await startIngestSurroundings(options);
  try {
    const limit = copyLimit();
    if (chosen.some(({ start }) => start === 'full')) await fill(around, limit, await data.csv());
    const results: CaseResult[] = [];
    for (const one of chosen) results.push(await runCase(one, { options, data, around, limit }));
    return results;
  } finally {
    await around.stop();
  }
}

/** Makes the full table that some cases begin with. */
async function fill({ server }: IngestSurroundings, limit: CopyLimit, csv: IngestFiles): Promise<void> {
  await server.reset('empty', (client) => client.query(createTable(true)));
  await limit.run(server.url, [{ copy: `${SCHEMA}.${TABLE}`, file: csv.paths[0] ?? '', format: 'csv' }]);
  await server.keepAsFull();
}

interface Context {
  options: BenchmarkOptions;
  data: IngestData;
  around: IngestSurroundings;
  limit: CopyLimit;
}

async function runCase(one: IngestCase, { options, data, around, limit }: Context): Promise<CaseResult> {
  const { rounds, peer, workerOptions } = options;
  const { server } = around;
  const say = (line: string): void => options.say(`${one.name}, ${line}`);
  const files = await one.files(data);
  const csv = (await one.limitFiles?.(data)) ?? files;
  const source = sourceOf(one.source, files);
  const job: Omit<IngestPeerJob, 'source' | 'files'> = {
    ...{ url: server.url, schema: SCHEMA, table: TABLE, key: one.key, rows: files.rows },
    ...(files.pool === undefined ? {} : { pool: files.pool }),
  };
  const steps = limitSteps(one, csv);
  const runLimit = async (): Promise<Sample> => {
    const prepare = createTable(one.key);
    await server.reset(one.start, async (client) => one.start === 'empty' && client.query(prepare));
    return limit.run(server.url, steps);
  };

  // Once before all rounds: what it loads is what everybody must load.
  await runLimit();
  const expected = new Map<Compared, { rows: number; checksum: string }>();
  for (const compared of ['everything', comparedOfPeer(one), 'without amount'] as const)
    expected.set(compared, await server.checksum(compared));
  const check = async (who: string, compared: Compared): Promise<void> => {
    const [found, wanted] = [await server.checksum(compared), expected.get(compared)];
    if (found.rows !== wanted?.rows || found.checksum !== wanted.checksum)
      throw new Error(
        `${one.name}: ${who} left ${found.rows} rows of ${wanted?.rows ?? 'unknown'}${found.rows === wanted?.rows ? ' with other content' : ''}.`,
      );
  };

  const worker = await around.startWorker({ files, source });
  let tableGrowth: number | undefined;
  try {
    const samples = await takeTurns(
      {
        tidemark: async () => {
          await server.reset(one.start);
          const before = one.start === 'full' ? await server.tableBytes() : undefined;
          const sample = await worker.run(one, files);
          if (sample.rows !== files.rows) throw new Error(`the workflow moved ${sample.rows} rows, not ${files.rows}`);
          await check('tidemark', 'everything');
          if (before !== undefined) tableGrowth = (await server.tableBytes()) / before - 1;
          return sample;
        },
        ...(one.sessions === undefined
          ? {}
          : {
              oneSession: async () => {
                await server.reset(one.start);
                const sample = await worker.run({ ...one, sessions: 1 }, files);
                await check('tidemark with one session', 'everything');
                return sample;
              },
            }),
        peer: async () => {
          await server.reset(one.start);
          const sample = await requirePeer(peer).ingest({ ...job, source: one.source, files: files.paths });
          await check('the peer', comparedOfPeer(one));
          return sample;
        },
        ...(one.arrow === undefined
          ? {}
          : {
              arrow: async () => {
                await server.reset(one.start);
                const { paths } = await data.parquet();
                const sample = await requirePeer(peer).ingest({ ...job, source: 'arrow', files: paths });
                await check('the peer by its Arrow path', 'without amount');
                return sample;
              },
            }),
        limit: async () => {
          const sample = await runLimit();
          await check('the limit', 'everything');
          return sample;
        },
        bare: async () => {
          await server.reset(one.start);
          const sample = await runLibrary(server.url, one, source, workerOptions);
          await check('the library', 'everything');
          return sample;
        },
      },
      { rounds, peerRounds: peerRoundsOf(options, rounds) },
      say,
    );
    const amount = { tables: 1, rows: files.rows, bytes: csv.bytes };
    const result = caseResult(one.name, amount, samples);
    const arrow =
      samples.arrow === undefined || samples.arrow.length === 0 ? undefined : measure(samples.arrow, amount);
    const { oneSession } = samples;
    return {
      ...result,
      ...orchestration(amount, samples),
      ...(oneSession === undefined ? {} : { oneSession: measure(oneSession, amount) }),
      ...(arrow === undefined ? {} : { arrow, speedOverArrow: arrow.seconds / result.tidemark.seconds }),
      ...(tableGrowth === undefined ? {} : { tableGrowth }),
    };
  } finally {
    await worker.stop();
  }
}

function sourceOf(type: BenchSource['type'], { paths, rows, pool }: IngestFiles): BenchSource {
  return { type, files: paths, rows, ...(pool === undefined ? {} : { pool }) };
}
