import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BRANCH, DOMAIN } from '../data/definitions.js';
import {
  exportState,
  TitanRdmClient,
  type DeployedTable,
  type TitanRdmClientOptions,
} from '../../connectors/titanrdm/index.js';
import type { Sample } from '../rounds.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

/** The physical limit: nothing but the same bytes through `node:http`, one file after the other. Asking for addresses is not timed. */
const handlers = {
  /** The imports are never completed: the bytes arrive and nothing comes of them. */
  put: async ({
    tenant,
    files,
  }: {
    tenant: TitanRdmClientOptions;
    files: { table: string; path: string; bytes: number }[];
  }) => {
    const { client, branchId, tables } = await discover(tenant);
    const batch = await client.createImport({ branchId });
    const uploads: { path: string; bytes: number; url: string }[] = [];
    for (const { table, path, bytes } of files) {
      const deployed = tableNamed(tables, table);
      const mapping = await client.defaultImportMapping(deployed.id);
      const created = await client.createImportTable({
        importId: batch.id,
        tableKey: deployed.key,
        mappingKey: mapping.key,
        pattern: 'full',
      });
      if (created.signed_s3_url === null) throw new Error('the sandbox gave no address');
      uploads.push({ path, bytes, url: created.signed_s3_url });
    }
    return timed(async () => {
      for (const { path, bytes, url } of uploads) await put(url, path, bytes);
    });
  },

  get: async ({ tenant, tables: names }: { tenant: TitanRdmClientOptions; tables: string[] }) => {
    const { client, branchId, tables } = await discover(tenant);
    const created = await Promise.all(
      names.map((name) =>
        client.createExport({
          branchId,
          tableKey: tableNamed(tables, name).key,
          pattern: 'full',
          includeHistory: false,
        }),
      ),
    );
    const urls: string[] = [];
    for (const { id } of created) urls.push(await addressOf(client, id));
    return timed(async () => {
      for (const url of urls) await get(url);
    });
  },

  stop: () => {
    agent.destroy();
    return Promise.resolve();
  },
};
export type LimitProgram = typeof handlers;

const agent = new Agent({ keepAlive: true });

async function timed(work: () => Promise<void>): Promise<Sample> {
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1_000, peakRssMegabytes: peakRssMegabytes() };
}

async function discover(tenant: TitanRdmClientOptions) {
  const client = new TitanRdmClient(tenant);
  const [branch, domain] = await Promise.all([client.findBranch(BRANCH), client.findDomain(DOMAIN.name)]);
  const tables = await client.listDeployedTables({ branchId: branch.id, domainId: domain.id });
  return { client, branchId: branch.id, tables };
}

function tableNamed(tables: readonly DeployedTable[], name: string): DeployedTable {
  const found = tables.find((table) => table.database_table_name === name);
  if (found === undefined) throw new Error(`the sandbox has no table ${name}`);
  return found;
}

async function addressOf(client: TitanRdmClient, exportId: string): Promise<string> {
  for (;;) {
    const read = await client.getExport(exportId);
    if (exportState(read.status) === 'ready' && typeof read.download_url === 'string') return read.download_url;
    if (exportState(read.status) === 'failed') throw new Error(`the export failed: ${read.message ?? 'no reason'}`);
    await sleep(200);
  }
}

async function put(url: string, path: string, bytes: number): Promise<void> {
  const headers = { 'content-type': 'text/csv', 'content-length': bytes };
  const call = request(url, { method: 'PUT', agent, headers });
  const answered = once(call, 'response');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), call);
  await endOf(await answered);
}

async function get(url: string): Promise<void> {
  const call = request(url, { agent });
  const answered = once(call, 'response');
  call.end();
  await endOf(await answered);
}

/** Takes every byte and forgets it. */
async function endOf([answer]: unknown[]): Promise<void> {
  // The event's one argument.
  const response = answer as IncomingMessage;
  let bytes = 0;
  for await (const chunk of response) {
    // A response without encoding yields buffers; its type says any.
    bytes += (chunk as Buffer).length;
  }
  const declared = Number(response.headers['content-length'] ?? bytes);
  if (response.statusCode !== 200 || bytes !== declared) throw new Error(`the sandbox answered ${response.statusCode}`);
}

serve(handlers);
