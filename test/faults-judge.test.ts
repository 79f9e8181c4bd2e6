import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AmsClient } from '../connectors/ams/index.js';
import { startAmsSandbox } from '../sandbox/ams/index.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { Findings } from './faults/findings.js';
import { judgeServer } from './faults/judge-server.js';
import { describeFault, planFaults } from './faults/plan.js';
import { CALLS, placeNames, placeOf, planProfileFaults } from './faults/profiles/plan.js';
import { Random } from './faults/random.js';
import { SandboxControl } from './faults/sandbox-control.js';
import { ABBREVIATION, BRANCH, SANDBOX_DOMAIN } from './faults/scenario.js';
import { TableModel } from './faults/table-model.js';
import { Tenant } from './faults/tenant.js';

describe('the judge of the fault campaign', () => {
  let sandbox: TitanSandbox;
  let folder: string;
  let tenant: Tenant;
  let control: SandboxControl;
  let model: TableModel;
  let findings: Findings;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-judge-'));
    sandbox = await startTitanSandbox({
      branches: [{ name: BRANCH }],
      domains: [SANDBOX_DOMAIN],
      dataDirectory: folder,
    });
    tenant = new Tenant(sandbox.url, sandbox.clientId, sandbox.clientSecret);
    control = new SandboxControl(sandbox.url);
    model = new TableModel(`${ABBREVIATION}_alpha`, 100, 'rowmark', new Random(1));
    findings = new Findings(() => 'here');
  });
  afterEach(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function judge(loads: () => Promise<void>): Promise<Findings> {
    const before = await control.state();
    await loads();
    await judgeServer({ sandbox: control, models: new Map([['alpha', model]]), findings }, before);
    return findings;
  }

  async function apply(csv: string, pattern: 'full' | 'incremental_upsert_only' = 'full'): Promise<void> {
    await tenant.load(BRANCH, 'ALPHA', pattern, csv);
  }

  it('finds nothing where each load was applied once, whatever its pattern', async () => {
    for (const pattern of ['full', 'incremental_with_delete', 'incremental_upsert_only', 'full'] as const) {
      const load = model.nextLoad(pattern);
      load.commit();
      const found = await judge(() => tenant.load(BRANCH, 'ALPHA', pattern, load.csv));
      expect(found.words).toEqual([]);
    }
    expect(findings.rowsExpected).toBeGreaterThan(200);
  });

  it('notices a load that was applied twice, although no value differs', async () => {
    const load = model.nextLoad('full');
    load.commit();
    const { duplicated } = await judge(async () => {
      await apply(load.csv);
      await apply(load.csv);
    });
    expect(duplicated).toBeGreaterThan(load.rows);
  });

  it('notices records that were lost', async () => {
    const load = model.nextLoad('full');
    load.commit();
    const whole = load.csv.split('\n').filter((line) => !line.includes('"'));
    const { lost } = await judge(() => apply(`${whole.slice(0, 20).join('\n')}\n`));
    expect(lost).toBeGreaterThan(50);
  });

  it('notices a value that was changed, NULL and the empty string told apart', async () => {
    const load = model.nextLoad('full');
    load.commit();
    const { words } = await judge(() => apply(load.csv.replaceAll(',"",', ',,')));
    expect(words.join()).toContain('other values in note');
  });

  it('notices a load that never came, and one that came when none was due', async () => {
    const load = model.nextLoad('full');
    expect((await judge(() => Promise.resolve())).words.join()).toContain('no import was completed');
    expect((await judge(() => apply(load.csv))).words.join()).toContain('should not be there');
  });
});

describe('the plan of the fault campaign', () => {
  it('is the same for the same seed, and another one for another', () => {
    const plan = (seed: number): string[] => planFaults('upload', seed, 100).map(describeFault);
    expect(plan(5)).toEqual(plan(5));
    expect(plan(5)).not.toEqual(plan(6));
  });

  it('begins with faults of every family, and in its length has every kind on every endpoint', () => {
    const plan = planFaults('upload', 1, 170);
    expect(new Set(plan.slice(0, 32).map(({ family }) => family)).size).toBe(5);
    const onComplete = plan.filter((fault) => 'route' in fault && fault.route === 'imports.complete');
    expect(new Set(onComplete.map(({ kind }) => kind))).toEqual(
      new Set([
        ...['status-500', 'status-429', 'status-503', 'timeout', 'reset', 'lost-reply', 'unauthorized'],
        ...['kill-before', 'kill-late', 'kill-after', 'kill-replied'],
        ...['sandbox-frozen', 'sandbox-down', 'worker-frozen', 'worker-outlived'],
      ]),
    );
  });
});

describe('the plan of the fault campaign of profiles', () => {
  const places = placeNames();

  it('has every kind on every call in turn, before it begins again in another order', () => {
    const twice = planProfileFaults(1, 2 * places.length, 60).map(placeOf);
    const [first, second] = [twice.slice(0, places.length), twice.slice(places.length)];
    expect(first.toSorted()).toEqual(places.toSorted());
    expect(second.toSorted()).toEqual(places.toSorted());
    expect(second).not.toEqual(first);
  });

  it('knows kills, lost replies, 429, 5xx and ended sessions on each call, but for the end of a session that is just asked for', () => {
    const kinds = ['kill-before', 'kill-late', 'kill-after', 'lost-reply', 'status-429', 'status-500', 'status-503'];
    const calls = [...CALLS.upsert, ...CALLS.download.map((route) => `download ${route}`)];
    for (const call of calls) {
      expect(places).toEqual(expect.arrayContaining(kinds.map((kind) => `${kind} @ ${call}`)));
      for (const kind of ['session-ended', 'session-ended-in-200'])
        expect(places.includes(`${kind} @ ${call}`)).toBe(!call.endsWith('login'));
    }
  });

  it('knows every call that the connector makes', async () => {
    const ams = await startAmsSandbox();
    const client = new AmsClient({ url: ams.url, username: ams.username, password: ams.password });
    try {
      const form = await client.findForm('Athlete Profile');
      const [user] = await client.users();
      const userId = user?.id ?? 0;
      await client.check();
      await client.upsertProfile({ form: form.name, userId, values: { Locker: '7' } });
      await client.profiles({ form: form.name, userIds: [userId] });
      expect(new Set(ams.requestLog.map(({ route }) => route))).toEqual(new Set(CALLS.upsert));
    } finally {
      await client.close();
      await ams.close();
    }
  });

  it('is the same for the same seed, and another one for another', () => {
    const plan = (seed: number): string[] => planProfileFaults(seed, 50, 60).map(placeOf);
    expect(plan(5)).toEqual(plan(5));
    expect(plan(5)).not.toEqual(plan(6));
  });
});
