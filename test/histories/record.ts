import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection } from '@temporalio/worker';
import { configSchema } from '../../contracts/config.js';
import { watermarkWorkflowId } from '../../contracts/watermark.js';
import { startAmsSandbox } from '../../sandbox/ams/index.js';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';
import { startDevServer, startPostgres } from '../../workers/dev-server/index.js';
import { createTidemarkWorker } from '../../workers/worker.js';
import { SHAPES, textsOf } from '../support/secret-scan.js';
import { CASES, type RecordedCase } from './cases.js';
import { FILES, SANDBOX, SOURCES, stuck, SUGGEST_CONTINUE_AS_NEW_AFTER } from './surroundings.js';

// Records the histories of a release: see CONTRIBUTING.md. Those of a release that is out are never recorded again.

/** In place of process id and host name. */
const IDENTITY = 'recorder';
const QUEUE = 'recorded';
const ROOT = process.env['TIDEMARK_ROOT'] ?? process.cwd();

// The package's own file: it has a version.
const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
const target = path.join(ROOT, 'test', 'histories', version);
// Cases that came after the others, before the release is out.
const cases = process.argv.includes('--missing')
  ? CASES.filter(({ name }) => !existsSync(path.join(target, `${name}.json`)))
  : CASES;
if (existsSync(target) && cases === CASES) {
  throw new Error(
    `${target} is there already. A change that breaks the replay of a released version goes behind patched(); ` +
      'only histories of a version that nobody has may be removed by hand and recorded again.',
  );
}

const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-record-'));
for (const name of ['lake', 'landing', 'results']) await mkdir(path.join(folder, name));
for (const [name, csv] of Object.entries(FILES)) await writeFile(path.join(folder, 'lake', name), csv);
const server = await startDevServer({
  dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGEST_CONTINUE_AS_NEW_AFTER },
});
const sandbox = await startTitanSandbox(SANDBOX);
const site = await startAmsSandbox();
const postgres = await startPostgres({ fsync: false });
const connection = await Connection.connect(server.connectionOptions);
const nativeConnection = await NativeConnection.connect(server.connectionOptions);
try {
  const client = new Client({ connection, namespace: server.namespace, identity: IDENTITY });
  const worker = await createTidemarkWorker({
    config: configSchema.parse({
      version: 1,
      temporal: { taskQueue: QUEUE },
      connections: {
        tenant: { type: 'titanrdm', url: sandbox.url, clientId: sandbox.clientId, clientSecret: sandbox.clientSecret },
        lake: { type: 'files', path: path.join(folder, 'lake') },
        landing: { type: 'files', path: path.join(folder, 'landing') },
        club: { type: 'ams', url: site.url, username: site.username, password: site.password },
        warehouse: { type: 'postgres', ...postgres.access, ssl: 'disable' },
      },
      results: { folder: path.join(folder, 'results') },
      worker: { shutdownGraceSeconds: 2 },
    }),
    connection: nativeConnection,
    namespace: server.namespace,
    worker: { identity: IDENTITY },
    ingest: { sources: SOURCES },
  });
  const recorded = await worker.worker.runUntil(recordAll(client, sandbox));
  await mkdir(target, { recursive: true });
  for (const [name, history] of recorded) await writeFile(path.join(target, `${name}.json`), history);
  process.stdout.write(`${recorded.size} histories are in ${target}\n`);
} finally {
  await nativeConnection.close();
  await connection.close();
  await sandbox.close();
  await site.close();
  await postgres.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function recordAll(client: Client, titan: TitanSandbox): Promise<Map<string, string>> {
  const recorded = new Map<string, string>();
  for (const each of cases)
    for (const [name, history] of await record(client, titan, each)) recorded.set(name, history);
  return recorded;
}

/** Runs a case; its histories by the names of their files. */
async function record(client: Client, titan: TitanSandbox, each: RecordedCase): Promise<Map<string, string>> {
  titan.setFaults(each.faults ?? []);
  const before = titan.requestLog.length;
  const workflowId = `recorded/${each.name}`;
  const handle = await client.workflow.start(each.workflow, { workflowId, taskQueue: QUEUE, args: [each.input] });
  for (const { name, args } of each.signals ?? []) await handle.signal(name, ...args);
  if (each.cancelAfter !== undefined) {
    while ((await stepsDone(handle, each.cancelAfter.activity)) < each.cancelAfter.times) await sleep(20);
    await handle.cancel();
  }
  if (each.cancelAt !== undefined) {
    while (!titan.requestLog.slice(before).some(({ route }) => route === each.cancelAt)) await sleep(20);
    await handle.cancel();
  }
  if (each.cancelWhenStuck === true) {
    while (!stuck.is) await sleep(20);
    await handle.cancel();
  }
  if (each.confirm !== undefined) {
    while ((await handle.query<{ phase: string }>('progress')).phase !== 'waiting for confirmation') await sleep(20);
    await handle.executeUpdate('confirm', { args: [{ by: IDENTITY, answer: each.confirm }] });
  }
  await handle.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
  titan.clearFaults();
  const histories = await runsOf(client, each.name, handle, handle.firstExecutionRunId);
  for (const child of each.children ?? []) {
    const childHandle = client.workflow.getHandle(`${workflowId}/${child}`);
    const name = `${each.name}-child-${child.toLowerCase()}`;
    for (const [run, history] of await runsOf(client, name, childHandle)) histories.set(run, history);
  }
  if (each.watermarksOf !== undefined) {
    const held = client.workflow.getHandle(watermarkWorkflowId(each.watermarksOf));
    const { raw } = await held.describe();
    await held.cancel();
    await held.result().catch((error: unknown) => {
      if (!(error instanceof WorkflowFailedError)) throw error;
    });
    const firstRunId = raw.workflowExecutionInfo?.firstRunId ?? undefined;
    for (const [run, history] of await runsOf(client, `${each.name}-watermarks`, held, firstRunId))
      histories.set(run, history);
  }
  return histories;
}

async function stepsDone(handle: WorkflowHandle, activity: string): Promise<number> {
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduled = events.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
  );
  const ids = new Set(scheduled.map(({ eventId }) => String(eventId)));
  return events.filter((event) => ids.has(String(event.activityTaskCompletedEventAttributes?.scheduledEventId ?? '')))
    .length;
}

/** All runs of a chain of continue-as-new, the first one under the name itself. */
async function runsOf(
  client: Client,
  name: string,
  handle: WorkflowHandle,
  firstRunId?: string,
): Promise<Map<string, string>> {
  const histories = new Map<string, string>();
  for (let runId = firstRunId, run = 1; ; run += 1) {
    const history = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
    removeStacks(history);
    refuseTraces(name, textsOf(history).join('\n'));
    histories.set(run === 1 ? name : `${name}-${run}`, historyToJSON(history));
    const last = history.events?.at(-1);
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    if (runId === undefined) return histories;
  }
}

/** Stacks name the files of this machine, and a replay does not look at them. */
function removeStacks(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('stackTrace' in value) value.stackTrace = '';
  for (const inner of Object.values(value)) removeStacks(inner);
}

/** A history is published: nothing of this machine, and no secret, may be in it. */
function refuseTraces(name: string, text: string): void {
  const traces = [
    hostname(),
    homedir(),
    ROOT,
    folder,
    sandbox.clientSecret,
    postgres.access.password,
    site.password,
    ...site.issuedSessions,
    ...sandbox.issuedTokens,
  ];
  // Short names, such as that of a container's root folder, are found everywhere.
  const found = traces.filter((trace) => trace.length > 3 && text.includes(trace));
  const shapes = SHAPES.filter((mark) => mark.found(text)).map((mark) => mark.name);
  if (found.length + shapes.length > 0) throw new Error(`${name} holds ${[...found, ...shapes].join(', ')}`);
}
