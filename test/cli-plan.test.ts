import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { cli, startCli, startCliWorker, type CliOptions, type CliResult } from './support/cli.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { noteSecrets } from './support/known-secrets.js';
import { makeProject, type Project } from './support/project.js';

let temporal: TemporalTestEnvironment;
let project: Project;
/** Of the tests that change nothing in TitanRDM; the others have one each. */
let sandbox: TitanSandbox;
let options: CliOptions;
const sandboxes: TitanSandbox[] = [];
let auto: string;
let limited: string;

const HEADER = 'customer_code,name,segment,credit_limit,active\n';
const tidemark = (...args: string[]): Promise<CliResult> => cli(args, options);
const calls = (route: string, of = sandbox): number => of.requestLog.filter((call) => call.route === route).length;
const put = (rows: string): Promise<void> => project.put('lake/cust_customers.csv', `${HEADER}${rows}`);

beforeAll(async () => {
  temporal = await temporalTestEnvironment();
  project = await makeProject();
  auto = project.up.replace('up', 'auto');
  limited = project.up.replace('up', 'limited');
  const input = 'connection: tenant, branch: { name: main }, poll: { intervalSeconds: 0.1 }, store: lake';
  await project.put(
    'tidemark.yaml',
    `${await readFile(path.join(project.folder, 'tidemark.yaml'), 'utf8')}
  ${auto}:
    workflow: titanConventionUpload
    input: { ${input}, domain: Customer, tables: [customers], pattern: auto }
  ${limited}:
    workflow: titanSyncDomains
    input: { ${input}, direction: upload, domains: [Customer], maxDeletes: 50% }
`,
  );
  ({ sandbox, options } = await openSandbox());
});
beforeEach(() => put('007,Bond,NA,1.10,true\n008,"Bill, jr.",,,\n'));
afterEach(() => sandbox.clearFaults());
afterAll(async () => {
  for (const each of sandboxes) {
    noteSecrets([each.clientSecret, ...each.issuedTokens]);
    await each.close();
  }
  await project.remove();
  await temporal.close();
});

/** An empty TitanRDM, and what the command needs to reach it. */
async function openSandbox(): Promise<{ sandbox: TitanSandbox; options: CliOptions }> {
  const opened = await startTitanSandbox({ exportDelayMs: 0 });
  sandboxes.push(opened);
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TITAN_URL: opened.url,
    TITAN_ID: opened.clientId,
    TITAN_SECRET: opened.clientSecret,
  };
  return { sandbox: opened, options: { cwd: project.folder, env } };
}

describe('tidemark plan of a pipeline into TitanRDM', () => {
  it('says what would be inserted, writes a sample, and creates no import', async () => {
    const empty = await openSandbox();
    const planned = await cli(['plan', project.up], empty.options);
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toMatch(/^Customer +customers +full +2 +0 +2 +0 +0 +sent$/mu);
    expect(planned.stdout).not.toContain('Bond');
    expect(planned.stdout).toMatch(/Nothing was changed; \d+ exports were made for this\./u);
    const file = /sample: (\S*cust_customers\S*)/u.exec(planned.stdout)?.[1] ?? '';
    expect(JSON.parse(await readFile(file, 'utf8'))).toContainEqual({
      change: 'insert',
      after: { customer_code: '008', name: 'Bill, jr.', segment: null, credit_limit: null, active: null },
    });
    expect(calls('imports.new', empty.sandbox)).toBe(0);
  });

  describe('once a run has brought the tables there', () => {
    beforeAll(async () => {
      await put('007,Bond,NA,1.10,true\n008,"Bill, jr.",,,\n');
      const worker = startCliWorker(options);
      await worker.line(/^worker: polls task queue/u);
      const ran = await tidemark('run', project.up, '--wait');
      worker.child.kill('SIGTERM');
      await worker.ended;
      expect(ran.code).toBe(0);
    });

    it('says per table what would be updated and deleted, for machines too', async () => {
      await put('007,Bond,NA,1.1,true\n009,Nine,,,\n');
      const planned = await tidemark('plan', auto, '--json');
      expect(planned).toMatchObject({ code: 0, stderr: '' });
      const { uploads } = JSON.parse(planned.stdout) as { uploads: Record<string, unknown>[] };
      expect(uploads).toEqual([
        {
          domain: 'Customer',
          table: 'customers',
          conventionKey: 'cust_customers',
          pattern: 'auto',
          outcome: 'send',
          rows: 2,
          difference: { inserts: 1, updates: 1, deletes: 1, unchanged: 0, held: 2 },
          sample: expect.stringContaining(path.join('.tidemark', 'results', `plan-${auto}`)),
        },
      ]);
      const sample: unknown = JSON.parse(await readFile(String(uploads[0]?.['sample']), 'utf8'));
      expect(sample).toMatchObject([
        { change: 'delete', before: { customer_code: '008' } },
        { change: 'update', before: { credit_limit: '1.10' }, after: { credit_limit: '1.1' } },
        { change: 'insert', after: { customer_code: '009' } },
      ]);
    });

    it('says that nothing would be sent where nothing has changed', async () => {
      const planned = await tidemark('plan', auto);
      expect(planned.stdout).toMatch(/customers +auto +2 +2 +0 +0 +0 +unchanged$/mu);
    });

    it('says what stands in the way first, and ends with 1', async () => {
      await put('009,Nine,,,\n');
      const planned = await tidemark('plan', limited);
      expect(planned.code).toBe(1);
      expect(planned.stdout).toMatch(/^! cannot be done: cust_customers: .*2 of the 2 records.*\(TOO_MANY_DELETES\)/u);
      await put('009,a,,,\n009,b,,,\n');
      expect((await tidemark('plan', auto)).stdout).toContain('DUPLICATE_KEYS');
    });

    it('says of a download which tables and how many rows would be received, and receives none', async () => {
      // A comparison does receive.
      await tidemark('plan', auto);
      const planned = await tidemark('plan', project.down);
      expect(planned).toMatchObject({ code: 0, stderr: '' });
      expect(planned.stdout).toMatch(/^Customer +customers +full +2 +absent +received$/mu);
      expect(calls('download.get')).toBeGreaterThan(0);
      await rm(path.join(project.folder, 'landing'), { recursive: true });
      await mkdir(path.join(project.folder, 'landing'));
      const before = calls('download.get');
      await tidemark('plan', project.down);
      expect(calls('download.get')).toBe(before);
    });

    it("loses and removes nothing when the worker is killed in the middle of an 'auto' comparison", async () => {
      const own = await openSandbox();
      const first = startCliWorker(own.options);
      await first.line(/^worker: polls task queue/u);
      expect((await cli(['run', project.up, '--wait'], own.options)).code).toBe(0);
      await put('008,"Bill, jr.",,,\n010,Ten,,,\n');
      own.sandbox.setFaults([{ kind: 'slow', delayMs: 60_000, match: { route: 'download.get' }, times: 1 }]);
      const running = startCli(['run', auto, '--wait', '--json'], own.options);
      while (own.sandbox.faultLog.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      first.child.kill('SIGKILL');
      await first.ended;
      const second = startCliWorker(own.options);
      const ended = await running.ended;
      second.child.kill('SIGTERM');
      await second.ended;
      expect(ended.code).toBe(0);
      const keys = (await own.sandbox.rows('cust_customers')).map((row) => row['customer_code']);
      expect(keys.sort()).toEqual(['008', '010']);
    });
  });
});
