import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ScenarioReport } from './faults/report.js';
import { programFile } from './faults/programs.js';

// The same campaign as `npm run faults`, cut short: a few faults of each family. All scenarios run at the same time but for the one whose
// Schedules fire every few seconds, whatever else the machine has to do.
const FAULTS = 4;
const SEED = 10;
/** What hangs is told by the campaign itself, as a finding; this is for a campaign that hangs itself. A slow machine takes minutes. */
const GIVE_UP_MS = 900_000;
const TOGETHER = [
  'import-batch',
  'convention-upload',
  'convention-download',
  'ingest-no-key',
  'ingest-key',
  'ingest-ahead',
  'profiles',
];
const ALONE = ['schedule'];

async function campaign(names: readonly string[]): Promise<ScenarioReport[]> {
  const which = names.flatMap((name) => ['--scenario', name]);
  const args = [...which, '--together', '--lanes', '1', '--seed', String(SEED), '--faults', String(FAULTS), '--json'];
  // The campaign uses the test run's Temporal server; options of the test runner are not meant for it.
  const env = { ...process.env, TEMPORAL_ADDRESS: process.env['TIDEMARK_TEST_TEMPORAL_ADDRESS'], NODE_OPTIONS: '' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [programFile('main'), ...args], {
    env,
    timeout: GIVE_UP_MS - 20_000,
  }).catch(
    // It ends with 1 when it has found something: the report says what. `promisify` adds what was printed.
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  if (!stdout.startsWith('{')) throw new Error(`the campaign did not report:\n${stderr}`);
  return (JSON.parse(stdout) as { scenarios: ScenarioReport[] }).scenarios;
}

describe('a short fault campaign', () => {
  let scenarios: ScenarioReport[];
  beforeAll(async () => {
    scenarios = [...(await campaign(TOGETHER)), ...(await campaign(ALONE))];
  }, 2 * GIVE_UP_MS);

  for (const name of [...TOGETHER, ...ALONE]) {
    it(`${name}: ends right without help whatever happens to worker and server`, () => {
      const report = scenarios.find(({ scenario }) => scenario === name);
      expect(report?.findings).toEqual([]);
      expect(report).toMatchObject({
        lost: 0,
        duplicated: 0,
        wrong: 0,
        watermarkWentBack: 0,
        overlapped: 0,
        stuck: 0,
        leaked: 0,
      });
      expect(report?.rowsExpected).toBeGreaterThan(0);
    });

    it(`${name}: each fault is proven to have occurred, and they are of several kinds`, () => {
      const report = scenarios.find(({ scenario }) => scenario === name);
      expect(report?.faults).toBeGreaterThanOrEqual(FAULTS);
      expect(Object.keys(report?.kinds ?? {}).length).toBeGreaterThan(1);
    });
  }
});
