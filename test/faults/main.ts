import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger } from '@temporalio/worker';
import { startDevServer } from '../../workers/dev-server/index.js';
import { writeWorkflowBundle } from '../../workers/workflow-bundle.js';
import { runCampaign, type CommonCampaignOptions } from './campaign.js';
import { conventionDownload } from './download-scenario.js';
import { ingestScenarios, runIngestCampaign } from './ingest/ingest-campaign.js';
import { runProfilesCampaign } from './profiles/profiles-campaign.js';
import type { ScenarioReport } from './report.js';
import { runScheduleCampaign } from './schedule/schedule-campaign.js';
import { conventionUpload, importBatch } from './upload-scenarios.js';

// npm run faults -- [--scenario NAME] [--seed N] [--faults N] [--lanes N] [--only TEXT] [--json] | --list

/** Places without a fault that are named. */
const MAX_SHOWN = 5;

const SCENARIOS = [
  ...[importBatch, conventionUpload, conventionDownload].map((scenario) => ({
    name: scenario.name,
    run: (options: CommonCampaignOptions) => runCampaign({ scenario, ...options }),
  })),
  ...ingestScenarios.map((scenario) => ({
    name: scenario.name,
    run: (options: CommonCampaignOptions) => runIngestCampaign(scenario, options),
  })),
  { name: 'profiles', run: runProfilesCampaign },
  { name: 'schedule', run: runScheduleCampaign },
];

const { values } = parseArgs({
  options: {
    /** Several may be given; all of them when none is. */
    scenario: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    /** Per scenario. */
    faults: { type: 'string', default: '60' },
    /** Workers, each with its sandbox, at the same time. */
    lanes: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    /** Only faults whose description, as it is printed, holds this text. */
    only: { type: 'string', default: '' },
    /** All scenarios at the same time: more load, less waiting. */
    together: { type: 'boolean', default: false },
  },
});

const wanted = (values.scenario ?? SCENARIOS.map(({ name }) => name)).map((name) => {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new Error(`There is no scenario '${name}'. There are: ${SCENARIOS.map((each) => each.name).join(', ')}.`);
});
const [seed, faults, lanes] = [positive('seed'), positive('faults'), positive('lanes')];
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

if (values.list) {
  for (const { name } of SCENARIOS) process.stdout.write(`${name}\n`);
  process.exit(0);
}

const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-faults-'));
// Ended from outside: the programs go (see ChildProgram), and so does the folder.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const server = await startDevServer();
const connection = await Connection.connect(server.connectionOptions);
try {
  const client = new Client({ connection, namespace: server.namespace });
  const bundle = await workflowBundle();
  const run = async (scenario: (typeof wanted)[number]): Promise<ScenarioReport> => {
    const report = await scenario.run({
      seed,
      faults,
      lanes,
      only: values.only,
      client,
      address: server.address,
      bundle,
      folder,
      say,
    });
    tell(report);
    return report;
  };
  const reports: ScenarioReport[] = [];
  if (values.together) reports.push(...(await Promise.all(wanted.map(run))));
  else for (const scenario of wanted) reports.push(await run(scenario));
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, scenarios: reports })}\n`);
  else say(reports.every(isClean) ? 'Nothing was found.' : `Something was found. Repeat it with --seed ${seed}.`);
  process.exitCode = reports.every(isClean) ? 0 : 1;
} finally {
  await connection.close();
  await server.stop();
}

function positive(name: 'seed' | 'faults' | 'lanes'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} takes a whole number above 0, not '${values[name]}'`);
}

/** The tests have one already. */
async function workflowBundle(): Promise<string> {
  const built = process.env['TIDEMARK_TEST_BUNDLE'];
  if (built !== undefined && built !== '') return path.resolve(built);
  const file = path.join(folder, 'workflows.js');
  await writeWorkflowBundle(file, { logger: new DefaultLogger('WARN') });
  return file;
}

function isClean(report: ScenarioReport): boolean {
  const { lost, duplicated, wrong, watermarkWentBack, overlapped, stuck, leaked } = report;
  return report.faults >= faults && lost + duplicated + wrong + watermarkWentBack + overlapped + stuck + leaked === 0;
}

function tell(report: ScenarioReport): void {
  say(
    `${report.scenario}: ${report.faults} faults in ${report.runs} runs, ${report.rowsExpected} records expected: ` +
      `${report.lost} lost, ${report.duplicated} duplicated, ${report.wrong} wrong, ${report.watermarkWentBack} went back, ` +
      `${report.overlapped} overlapped, ${report.stuck} stuck, ${report.leaked} leaked`,
  );
  const { places, placesLeft } = report;
  if (places !== undefined && placesLeft !== undefined) {
    const made = Object.keys(places).length;
    const left = placesLeft.length === 0 ? '' : `; not: ${placesLeft.slice(0, MAX_SHOWN).join(', ')}`;
    say(`  kinds of fault on calls: ${made} of ${made + placesLeft.length} made${left}`);
  }
  for (const finding of report.findings) say(`  ${finding}`);
}
