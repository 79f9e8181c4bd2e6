import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ScenarioReport } from './faults/report.js';
import { programFile } from './faults/programs.js';

// The same campaign as `npm run faults`, cut short: a few faults of each family, in all scenarios at the same time.
const FAULTS = 4;
const SEED = 10;
/** What hangs is told by the campaign itself, as a finding; this is for a campaign that hangs itself. A slow machine takes minutes. */
const GIVE_UP_MS = 900_000;

describe('a short fault campaign', () => {
  let scenarios: ScenarioReport[];
  beforeAll(async () => {
    const args = ['--together', '--lanes', '1', '--seed', String(SEED), '--faults', String(FAULTS), '--json'];
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
    scenarios = (JSON.parse(stdout) as { scenarios: ScenarioReport[] }).scenarios;
  }, GIVE_UP_MS);

  for (const name of [
    'import-batch',
    'convention-upload',
    'convention-download',
    'ingest-no-key',
    'ingest-key',
    'profiles',
    'schedule',
  ]) {
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
