import { join } from 'node:path';
import process from 'node:process';
import { once } from 'node:events';
import { closeConnections, openConnections, type Connections } from 'tidemark/plugins';
import { upsertProfiles } from './demo/athletes.js';
import { makeCorrections } from './demo/corrections.js';
import { startEmbedded, type Embedded } from './demo/embedded.js';
import { prepareData } from './demo/prepare-data.js';
import { count, printStep } from './demo/report.js';
import {
  compareAll,
  downloadAll,
  downloadIntoWarehouse,
  folderOf,
  linker,
  sendCorrections,
  uploadAll,
  uploadFromWarehouse,
} from './demo/steps.js';
import { createWorker } from './worker.js';

// Real tables into TitanRDM, from there into PostgreSQL and back, and profiles of made-up athletes into Teamworks AMS, through Temporal workflows.
// Exit code 0 only if every value came back as it was sent.
// `--keep`: everything stays up afterwards, until Ctrl-C.

async function main(keep: boolean): Promise<number> {
  console.log(
    'Tidemark: reference data into TitanRDM, PostgreSQL and back, profiles into Teamworks AMS, as durable workflows.',
  );
  // The project's folder: `npm start` runs this file from there.
  const embedded = await startEmbedded(join(process.cwd(), 'tidemark.yaml'));
  try {
    const { config } = embedded.loaded;
    await prepareData(folderOf(config, 'data'));
    console.log(
      `\nTemporal Web UI   ${embedded.webUi ?? '(that of the configured server)'}\nTitanRDM          ${embedded.titan} (an API, no pages)\nTeamworks AMS     ${embedded.ams} (an API, no pages)\nPostgreSQL        ${embedded.warehouse}`,
    );
    const connections = openConnections(config);
    try {
      const worker = await createWorker(config, connections, embedded.connection, embedded.namespace);
      return await worker.runUntil(async () => {
        const exitCode = await runSteps(embedded, connections);
        if (keep) await untilInterrupted(embedded.webUi);
        return exitCode;
      });
    } finally {
      await closeConnections(connections);
    }
  } finally {
    await embedded.close();
  }
}

async function runSteps(
  { loaded: { config }, client, namespace, webUi }: Embedded,
  connections: Connections,
): Promise<number> {
  const context = { client, config, connections, link: linker(namespace, webUi) };
  printStep(1, await uploadAll(context));
  const expected = await makeCorrections(folderOf(config, 'data'), folderOf(config, 'changes'));
  printStep(2, await sendCorrections(context));
  printStep(3, await downloadIntoWarehouse(context));
  printStep(4, await uploadFromWarehouse(context, expected));
  printStep(5, await downloadAll(context));

  const comparisons = await compareAll(config, expected);
  const differences = comparisons.flatMap((comparison) => comparison.differences);
  const rows = comparisons.reduce((sum, comparison) => sum + comparison.rows, 0);
  const values = comparisons.reduce((sum, comparison) => sum + comparison.values, 0);
  printStep(6, {
    title: 'Compared every value with what was sent',
    link: undefined,
    lines:
      differences.length === 0
        ? [`${count(values)} values in ${count(rows)} rows: all are the same.`]
        : [`${count(differences.length)} differences:`, ...differences.slice(0, 20)],
  });
  const profiles = await upsertProfiles(context);
  printStep(7, profiles);
  if (webUi !== undefined) console.log(`\nSee the runs: ${webUi}/namespaces/${namespace}/workflows`);
  return differences.length + profiles.differences.length === 0 ? 0 : 1;
}

async function untilInterrupted(webUi: string | undefined): Promise<void> {
  console.log(`\nEverything stays up; Ctrl-C ends it. ${webUi ?? ''}`);
  const alive = setInterval(() => undefined, 60_000);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(alive);
}

try {
  process.exitCode = await main(process.argv.includes('--keep'));
} catch (error) {
  console.error(`\nThe example failed: ${error instanceof Error ? error.message : String(error)}`);
  if (process.argv.includes('--debug')) console.error(error);
  process.exitCode = 1;
}
