import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startInOrder } from '../in-order.js';
import { startDevServer } from '../../workers/dev-server/index.js';
import type { amsUpsertProfiles } from '../../workflows/index.js';
import type { AmsSandboxProgram } from '../programs/ams-sandbox.js';
import { LIVE_MEMORY_OPTIONS } from '../programs/live-memory.js';
import type { PlainProfilesProgram } from '../programs/plain-profiles.js';
import type { ProfilesWorkerProgram } from '../programs/profiles-worker.js';
import { startProgram } from '../programs/program.js';
import type { Sample } from '../rounds.js';
import { runWorkflow } from '../run-workflow.js';
import { makeWorkFolder } from '../work-folder.js';
import { bundleWorkflows } from '../workflow-bundle.js';
import { CONCURRENCY, csvOf, FORM, LATENCY_MS, valuesOf } from './table.js';

export interface ProfilesSample extends Sample {
  /** Of the worker, after a collection. */
  liveMegabytes: number;
}

/** A Temporal server, the sandbox and a worker, each a process of its own. */
export interface ProfileSurroundings {
  userIds: readonly number[];
  /** One durable run, from the call that starts it until its result is here; all that is stored is compared. */
  tidemark: (count: number, round: number) => Promise<ProfilesSample>;
  /** The same calls, `lanes` at a time, in a new process. */
  plain: (count: number, round: number, lanes: number) => Promise<Sample>;
  /** Most calls that our runs had under way at a time. */
  peakInFlight: () => number;
  stop: () => Promise<void>;
}

const programUrl = (name: string): URL => new URL(`../programs/${name}.js`, import.meta.url);

export async function startProfileSurroundings(
  users: number,
  { workFolder, workerOptions }: { workFolder: string; workerOptions: readonly string[] },
): Promise<ProfileSurroundings> {
  return startInOrder(async (onStop) => {
    const { folder, remove } = await makeWorkFolder(workFolder);
    onStop(remove);
    const temporal = await startDevServer();
    onStop(() => temporal.stop());
    const { address, namespace } = temporal;
    const connection = await Connection.connect({ address });
    onStop(() => connection.close());
    const sandbox = startProgram<AmsSandboxProgram>(programUrl('ams-sandbox'));
    onStop(() => sandbox.stop());
    const { userIds, ...site } = await sandbox.call('start', { users, latencyMs: LATENCY_MS });
    const lake = path.join(folder, 'lake');
    await mkdir(lake);
    const taskQueue = `bench-${randomUUID()}`;
    const worker = startProgram<ProfilesWorkerProgram>(programUrl('profiles-worker'), [
      ...LIVE_MEMORY_OPTIONS,
      ...workerOptions,
    ]);
    onStop(() => worker.stop());
    const bundlePath = await bundleWorkflows(folder);
    const results = path.join(folder, 'results');
    const start = { address, namespace, taskQueue, bundlePath, site, concurrency: CONCURRENCY, folder: lake, results };
    await worker.call('start', start);
    const around = { client: new Client({ connection, namespace }), taskQueue, workerFailed: worker.failed };
    let peak = 0;

    const compare = async (count: number, round: number): Promise<void> => {
      const stored = new Map((await sandbox.call('stored', undefined)).map((each) => [each.userId, each.values]));
      const isSame = (id: number, index: number): boolean =>
        Object.entries(valuesOf(index, round)).every(([name, value]) => stored.get(id)?.[name] === value);
      const wrong = userIds.slice(0, count).filter((id, index) => !isSame(id, index)).length;
      if (wrong > 0) throw new Error(`${wrong} of ${count} profiles are not what was sent`);
    };
    return {
      userIds,
      tidemark: async (count, round) => {
        await writeFile(path.join(lake, 'profiles.csv'), csvOf(userIds.slice(0, count), round));
        await sandbox.call('peakInFlight', undefined);
        const { seconds, result } = await runWorkflow<typeof amsUpsertProfiles>(around, 'amsUpsertProfiles', {
          connection: 'club',
          form: FORM,
          source: { connection: 'lake', table: 'profiles' },
          concurrency: CONCURRENCY,
        });
        peak = Math.max(peak, await sandbox.call('peakInFlight', undefined));
        if (result.upserted !== count)
          throw new Error(`the workflow upserted ${result.upserted} profiles, not ${count}`);
        await compare(count, round);
        return {
          seconds,
          peakRssMegabytes: await worker.call('peakRssMegabytes', undefined),
          liveMegabytes: await worker.call('liveMegabytes', undefined),
        };
      },
      plain: async (count, round, lanes) => {
        const program = startProgram<PlainProfilesProgram>(programUrl('plain-profiles'));
        const input = { site, userIds: userIds.slice(0, count), round, lanes };
        const sample = await program.call('run', input).finally(() => program.stop());
        await compare(count, round);
        return sample;
      },
      peakInFlight: () => peak,
    };
  });
}
