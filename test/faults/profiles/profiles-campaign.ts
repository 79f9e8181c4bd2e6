import { SHAPES, wordMark } from '../../support/secret-scan.js';
import type { CommonCampaignOptions } from '../campaign.js';
import { runInLanes } from '../lanes.js';
import type { ScenarioReport } from '../report.js';
import { describeProfileFault, placeNames, placeOf, planProfileFaults } from './plan.js';
import { ProfilesCell } from './profiles-cell.js';
import { Readback } from './readback.js';
import { runProfiles } from './run.js';
import { FIELDS, FORM, PROFILES, Squad } from './squad.js';

/** Upserts the same profiles again and again, with other values and one fault in each run, until enough have occurred or none are left. */
export function runProfilesCampaign(options: CommonCampaignOptions): Promise<ScenarioReport> {
  const { seed, only, client, address, bundle } = options;
  const { namespace } = client.options;
  return runInLanes(
    {
      name: 'profiles',
      plan: (count) => planProfileFaults(seed, count, PROFILES, only),
      describe: describeProfileFault,
      places: { all: placeNames(only), of: placeOf },
      open: async ({ name, folder, word, findings, log }) => {
        const sandbox = { latencyMs: 15, forms: [{ name: FORM, fields: FIELDS }], users: madeUp(PROFILES) };
        const cell = await ProfilesCell.start({ name, folder, address, namespace, bundle, sandbox, log });
        const squad = new Squad(cell, findings, await cell.sandbox.userIds(), word);
        const readback = new Readback(cell, findings);
        return {
          run: ({ workflowId, fault }) => runProfiles({ cell, squad, readback, findings, client, workflowId, fault }),
          marks: async () => [
            ...SHAPES,
            wordMark('the password', cell.password),
            wordMark('a row', word),
            ...(await cell.sandbox.issuedSessions()).map((session) => wordMark('a session', session)),
          ],
          stop: () => cell.stop(),
        };
      },
    },
    options,
  );
}

/** Athletes that nobody has ever met. */
function madeUp(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    username: `athlete.${index + 1}`,
    email: `athlete.${index + 1}@example.com`,
    firstName: 'Athlete',
    lastName: `Number ${index + 1}`,
  }));
}
