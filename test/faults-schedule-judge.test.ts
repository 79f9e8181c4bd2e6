import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Findings } from './faults/findings.js';
import { Random } from './faults/random.js';
import { judgeCommits, type Commit } from './faults/schedule/commit-log.js';
import { judgeDownload } from './faults/schedule/judge-download.js';
import { KINDS, planScheduleFaults } from './faults/schedule/plan.js';
import { judgeSpans, judgeTurns, STUCK_AFTER_MS, type Span } from './faults/schedule/span.js';
import { TableModel } from './faults/table-model.js';

let findings: Findings;
beforeEach(() => {
  findings = new Findings(() => 'here');
});

const span = (identity: string, began: number, ended?: number, failure?: string): Span => ({
  identity,
  began,
  ended,
  failure,
});
const commit = (run: string, sequence: number, mark: number, at: number): Commit => ({ run, sequence, mark, at });

describe('the judge of runs that Schedules start', () => {
  it('finds nothing where one run follows the other, each to a good end', () => {
    judgeSpans([span('b', 20, 30), span('a', 10, 20)], findings);
    expect(findings.words).toEqual([]);
  });

  it('notices runs that overlap, one that is open, one that took too long, and one that failed', () => {
    judgeSpans([span('a', 10, 21), span('b', 20, 30)], findings);
    expect(findings.overlapped).toBe(1);
    judgeSpans([span('c', 40), span('d', 50, 60)], findings);
    expect(findings).toMatchObject({ overlapped: 2, stuck: 1 });
    judgeSpans([span('e', 0, 1_000_000)], findings);
    expect(findings.stuck).toBe(2);
    judgeSpans([span('f', 0, 10, 'it failed')], findings);
    expect(findings.wrong).toBe(1);
  });

  it('lets a run wait for its turn as long as others end before it', () => {
    const turn = STUCK_AFTER_MS - 1;
    judgeTurns([span('a', 0, turn), span('b', 0, 2 * turn), span('c', 0, 3 * turn)], findings);
    expect(findings.words).toEqual([]);
  });

  it('notices a run that takes too long once it is its turn, one that never ends, and one that failed', () => {
    judgeTurns([span('a', 0, 100_000), span('b', 0, 100_001 + STUCK_AFTER_MS)], findings);
    expect(findings.stuck).toBe(1);
    judgeTurns([span('a', 0, 100_000), span('b', 0)], findings);
    expect(findings.stuck).toBe(2);
    judgeTurns([span('a', 0, 100_000), span('b', 0, 100_001, 'it failed')], findings);
    expect(findings).toMatchObject({ stuck: 2, wrong: 1 });
  });
});

describe("the judge of the database's own log", () => {
  const spans = [span('a', 0, 10), span('b', 10, 20)];

  it('finds nothing where each run commits its batches once, in order, while it is open', () => {
    judgeCommits([commit('a', 1, 100, 3), commit('a', 2, 200, 9), commit('b', 1, 300, 12)], spans, findings);
    expect(findings.words).toEqual([]);
  });

  it('notices a watermark that goes back', () => {
    judgeCommits([commit('a', 1, 100, 3), commit('a', 2, 90, 4)], spans, findings);
    expect(findings.watermarkWentBack).toBe(1);
  });

  it('notices a batch that was committed twice, and one that is missing', () => {
    judgeCommits([commit('a', 1, 100, 3), commit('a', 1, 100, 4)], spans, findings);
    expect(findings.duplicated).toBe(1);
    judgeCommits([commit('a', 1, 100, 3), commit('a', 3, 300, 4)], spans, findings);
    expect(findings.wrong).toBe(1);
  });

  it('notices a run that commits after another one has, after its own end, or that nobody knows', () => {
    judgeCommits([commit('a', 1, 100, 3), commit('b', 1, 200, 12), commit('a', 2, 300, 13)], spans, findings);
    // It is also after its end.
    expect(findings.overlapped).toBe(2);
    judgeCommits([commit('x', 1, 100, 3)], spans, findings);
    expect(findings.words.at(-1)).toContain('knows nothing of x');
  });
});

describe('the judge of what has arrived of TitanRDM', () => {
  let store: string;
  let model: TableModel;
  beforeEach(async () => {
    store = await mkdtemp(path.join(tmpdir(), 'tidemark-judge-'));
    await mkdir(path.join(store, 'deltas'));
    model = new TableModel('flt_beta', 20, 'rowmark', new Random(1));
  });
  afterEach(() => rm(store, { recursive: true, force: true }));

  const runs = [span('p/one', 0, 1_000), span('p/two', 1_000, 2_000)];
  const judge = () => judgeDownload(store, { name: 'beta', model, spans: runs, findings });

  /** Changes the table at the server, and tells how its rows arrive. */
  function change(createdSecond: number): string[] {
    const load = model.nextLoad('incremental_upsert_only');
    const before = model.versions();
    load.commit();
    const [, ...lines] = linesOf(load.csv);
    return lines.map(
      (line, index) =>
        `${line},${before + index},2026-01-01T00:00:${String(createdSecond).padStart(2, '0')}.000000+00,i`,
    );
  }
  async function arrive(file: string, lines: readonly string[], atMs: number): Promise<void> {
    const header = 'code,region,label,amount,note,generation,trdm_sk,trdm_created_at,trdm_tran_code';
    await writeFile(path.join(store, file), [header, ...lines, ''].join('\n'));
    await utimes(path.join(store, file), atMs / 1_000, atMs / 1_000);
  }

  it('finds nothing where every version arrived, again only since the mark', async () => {
    const first = change(10);
    await arrive('flt_beta.csv', first, 500);
    await arrive('deltas/flt_beta.delta-one.csv', [...first, ...change(11)], 900);
    await arrive('deltas/flt_beta.delta-two.csv', change(40), 1_500);
    await judge();
    expect(findings.words).toEqual([]);
    expect(findings.rowsExpected).toBeGreaterThan(model.versions());
  });

  it('notices versions that are missing, and a state that is not the server’s', async () => {
    await arrive('flt_beta.csv', change(10), 500);
    const missing = change(20).length;
    await judge();
    expect(findings.lost).toBeGreaterThanOrEqual(missing);
    expect(findings.wrong).toBeGreaterThan(0);
  });

  it('notices versions of before the mark that come again', async () => {
    const first = change(10);
    await arrive('flt_beta.csv', first, 500);
    await arrive('deltas/flt_beta.delta-one.csv', change(40), 900);
    await arrive('deltas/flt_beta.delta-two.csv', first, 1_500);
    await judge();
    expect(findings.duplicated).toBe(first.length);
  });

  it('notices a delta that was written while its run was not open', async () => {
    await arrive('flt_beta.csv', change(10), 500);
    await arrive('deltas/flt_beta.delta-one.csv', change(20), 1_500);
    await judge();
    expect(findings.overlapped).toBe(1);
  });
});

describe('the plan of faults while Schedules fire', () => {
  it('has every kind, the same for the same seed, and those that are asked for', () => {
    const plan = planScheduleFaults(3, 20);
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    expect(planScheduleFaults(3, 20)).toEqual(plan);
    expect(planScheduleFaults(4, 20)).not.toEqual(plan);
    expect(planScheduleFaults(3, 5, 'temporal-kill').every(({ kind }) => kind.includes('temporal-kill'))).toBe(true);
    expect(() => planScheduleFaults(3, 5, 'flood')).toThrow("'flood'");
  });
});

/** Lines of CSV: a quoted value may hold a line break. */
function linesOf(csv: string): string[] {
  return (csv.match(/(?:"[^"]*"|[^"\n])+/gu) ?? []).map((line) => line);
}
