import { SHAPES, wordMark } from '../../support/secret-scan.js';
import type { CommonCampaignOptions } from '../campaign.js';
import { runInLanes } from '../lanes.js';
import type { ScenarioReport } from '../report.js';
import { IngestCell } from './ingest-cell.js';
import { Ledger } from './ledger.js';
import { planIngestFaults } from './plan.js';
import { describeTimedFault } from '../timed-fault.js';
import { runIngest } from './run.js';

export interface IngestScenario {
  name: 'ingest-no-key' | 'ingest-key' | 'ingest-ahead' | 'ingest-large' | 'ingest-large-key';
  isKeyed: boolean;
  /** Batches that two sessions copy. */
  isLarge: boolean;
  /** Each batch is copied while the one before is still under way. */
  isAhead?: boolean;
}
export const ingestScenarios: readonly IngestScenario[] = [
  { name: 'ingest-no-key', isKeyed: false, isLarge: false },
  { name: 'ingest-key', isKeyed: true, isLarge: false },
  { name: 'ingest-ahead', isKeyed: false, isLarge: false, isAhead: true },
  { name: 'ingest-large', isKeyed: false, isLarge: true },
  { name: 'ingest-large-key', isKeyed: true, isLarge: true },
];

/** So many runs share a source and a target: then both begin anew, or comparing them would take longer than filling them. */
const RUNS_OF_A_LEDGER = 6;

/** Runs ingests again and again, one fault in each, until enough have occurred or none are left. */
export function runIngestCampaign(
  { name: scenario, ...kind }: IngestScenario,
  options: CommonCampaignOptions,
): Promise<ScenarioReport> {
  const { seed, only, client, address, bundle } = options;
  const { namespace } = client.options;
  return runInLanes(
    {
      name: scenario,
      plan: (count) => planIngestFaults(seed, count, only),
      describe: describeTimedFault,
      open: async ({ name, folder, random, word, findings, log }) => {
        const cell = await IngestCell.start({ name, folder, address, namespace, bundle, log });
        const ledger = new Ledger(cell, findings, random, { ...kind, word });
        const marks = [...SHAPES, wordMark('the password', cell.database.access.password), wordMark('a row', word)];
        return {
          run: async ({ workflowId, fault, number }) => {
            if ((number - 1) % RUNS_OF_A_LEDGER === 0) await ledger.begin();
            return runIngest({ cell, ledger, findings, client, workflowId, fault });
          },
          // Whatever has happened before: after one more run, table and workflow hold the same.
          conclude: async (runs) => {
            await runIngest({ cell, ledger, findings, client, workflowId: `${name}/last` });
            await ledger.checkTidy();
            return runs + 1;
          },
          marks: () => Promise.resolve(marks),
          stop: () => cell.stop(),
        };
      },
    },
    options,
  );
}
