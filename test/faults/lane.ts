import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { leaksIn, leaksInHistory, SHAPES, wordMark, type Leak, type SecretMark } from '../support/secret-scan.js';
import type { CampaignOptions } from './campaign.js';
import { Cell } from './cell.js';
import { Findings } from './findings.js';
import { describeFault, type Fault } from './plan.js';
import { Random } from './random.js';
import { runOnce } from './run-once.js';
import { ABBREVIATION, BRANCH, SANDBOX_DOMAIN, TABLES, type Stage } from './scenario.js';
import { TableModel } from './table-model.js';

interface Item {
  fault: Fault;
  tries: number;
}

/** What one lane does, all by itself. */
export interface Lane {
  options: CampaignOptions;
  /** From 1. */
  number: number;
  /** Faults that must have occurred here. */
  wanted: number;
  queue: Item[];
}

export interface LaneOutcome {
  findings: Findings;
  made: Fault[];
  missed: number;
  runs: number;
}

/** A fault is tried so often before it counts as missed. */
const TRIES = 3;

/** One run after the other in one cell; then every line that was printed is searched for secrets. */
export async function runLane(lane: Lane): Promise<LaneOutcome> {
  const { options, queue, wanted } = lane;
  const { scenario, seed, client } = options;
  const random = new Random(seed * 1_000 + lane.number);
  // In every row of this lane: wherever it is found outside of the tables, a row has leaked.
  const word = `rowmark${seed}x${lane.number}x${random.below(1_000_000)}`;
  const name = `faults-${scenario.name}-${seed}-${lane.number}-${process.pid}`;
  const lines: string[] = [];
  let where = name;
  const findings = new Findings(() => where);
  const cell = await startCell(options, name, (line) => lines.push(line));
  const tables = Object.entries(TABLES).map(
    ([table, size]) => [table, new TableModel(`${ABBREVIATION}_${table}`, size, word, random)] as const,
  );
  const stage: Stage = { cell, random, models: new Map(tables), findings };
  const outcome: LaneOutcome = { findings, made: [], missed: 0, runs: 0 };
  let marks = await marksOf(cell, word);
  try {
    while (outcome.made.length < wanted && queue.length > 0) {
      const items = takeSome(queue, random, wanted - outcome.made.length);
      outcome.runs += 1;
      const workflowId = `${name}/${outcome.runs}`;
      where = `${workflowId} (${items.map(({ fault }) => describeFault(fault)).join(', ')})`;
      const run = await runOnce({ stage, scenario, client, workflowId, faults: items.map(({ fault }) => fault) });
      for (const [index, item] of items.entries()) {
        if (run.made[index] === true) outcome.made.push(item.fault);
        else if (item.tries + 1 < TRIES) queue.push({ ...item, tries: item.tries + 1 });
        else outcome.missed += 1;
      }
      marks = await marksOf(cell, word);
      for (const leak of await leaksInHistory(client, { workflowId }, marks)) addLeak(findings, leak);
      const missing = run.made.includes(false) ? ', a fault did not occur' : '';
      options.say(
        `${outcome.made.length}/${wanted} ${where}: ${run.seconds.toFixed(1)} s, ${run.repeats} repeats${missing}`,
      );
      if (run.stuck) break;
    }
  } finally {
    where = name;
    const left = await cell.stop();
    findings.expect(left.length === 0, `temporary files are left: ${left.join(', ')}`);
    for (const line of lines) for (const leak of leaksIn(line, 'a log line', marks)) addLeak(findings, leak, line);
  }
  return outcome;
}

async function startCell(options: CampaignOptions, name: string, log: (line: string) => void): Promise<Cell> {
  const folder = path.join(options.folder, name);
  await mkdir(folder, { recursive: true });
  const { address, bundle, client } = options;
  const sandbox = { branches: [{ name: BRANCH }], domains: [SANDBOX_DOMAIN], exportDelayMs: 300, importDelayMs: 200 };
  return Cell.start({ name, folder, address, namespace: client.options.namespace, bundle, sandbox, log });
}

async function marksOf(cell: Cell, word: string): Promise<SecretMark[]> {
  const tokens = await cell.sandbox.issuedTokens();
  return [
    ...SHAPES,
    wordMark('the client secret', cell.clientSecret),
    wordMark('a row', word),
    ...tokens.map((token) => wordMark('an access token', token)),
  ];
}

/** One fault, or two of which at most one befalls a process. */
function takeSome(queue: Item[], random: Random, wanted: number): Item[] {
  const [first] = queue.splice(0, 1);
  if (first === undefined) return [];
  const second = queue.findIndex(({ fault }) => first.fault.family === 'call' || fault.family === 'call');
  if (second < 0 || wanted < 2 || random.next() < 0.4) return [first];
  return [first, ...queue.splice(second, 1)];
}

/** A log line says which message it is, never the rest of it. */
function addLeak(findings: Findings, leak: Leak, line?: string): void {
  const message = line === undefined ? '' : ` (${/"message":"([^"]{0,40})/u.exec(line)?.[1] ?? 'of the runtime'})`;
  findings.add('leaked', `${leak.mark} in ${leak.where}${message}`);
}
