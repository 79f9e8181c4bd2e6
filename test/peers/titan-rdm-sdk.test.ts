import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';

// The judge of the sandbox: the real titan-rdm-sdk does everything that it can against it. Its tests are Python's own
// (test/peers/sdk); each shows here under its name, with its traceback when it fails.

const RUNNER = path.resolve('test', 'peers', 'run_sdk_tests.py');
// Compiled files would be left behind in the checkout.
const PYTHON = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
const NOWHERE = { SANDBOX_URL: 'http://127.0.0.1:9', SANDBOX_CLIENT_ID: 'x', SANDBOX_CLIENT_SECRET: 'x' };

interface Outcome {
  name: string;
  outcome: 'passed' | 'failed';
  detail: string;
}

const python = process.env['TIDEMARK_PEERS_PYTHON'];
if (python === undefined) throw new Error('TIDEMARK_PEERS_PYTHON is not set: run `npm run test:peers`');

// Lines of our own runner, which prints nothing else to stdout.
const parse = (line: string) => JSON.parse(line) as Outcome;
const listed = execFileSync(python, [RUNNER, '--list'], { encoding: 'utf8', env: { ...PYTHON, ...NOWHERE } });
const names = listed
  .trim()
  .split('\n')
  .map((line) => parse(line).name);

let sandbox: TitanSandbox;
const outcomes = new Map<string, Outcome>();
let said = '';

beforeAll(async () => {
  sandbox = await startTitanSandbox({ exportDelayMs: 20 });
  const access = {
    SANDBOX_URL: sandbox.url,
    SANDBOX_CLIENT_ID: sandbox.clientId,
    SANDBOX_CLIENT_SECRET: sandbox.clientSecret,
  };
  const child = spawn(python, [RUNNER], { env: { ...PYTHON, ...access }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const outcome = parse(line);
    outcomes.set(outcome.name, outcome);
  }
  await ended;
}, 300_000);

afterAll(() => sandbox.close());

describe('titan-rdm-sdk 2.0.0 against the sandbox', () => {
  it.each(names)('%s', (name) => {
    const { outcome, detail } = outcomes.get(name) ?? { outcome: 'never ended', detail: said.slice(-2_000) };
    expect({ outcome, detail }).toEqual({ outcome: 'passed', detail: '' });
  });

  it('left no fault of the sandbox itself behind', () => {
    const broken = sandbox.requestLog.filter(
      ({ status, fault }) => fault === null && (status === null || status >= 500),
    );
    expect(broken).toEqual([]);
  });
});
