import '../lib/check-node.mjs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../lib/sources.mjs';

// A short run of every benchmark, or of every fault scenario, whichever there are: `--list` names them, one a line. With names after the
// kind, of these alone. The numbers of so short a run say nothing; that it runs and what it prints is what is checked.
const kinds = {
  bench: { args: (name) => [name, '--rows', '2000', '--rounds', '1', '--json'], problems: benchProblems },
  faults: { args: (name) => ['--scenario', name, '--faults', '3', '--seed', '10', '--json'], problems: faultProblems },
};

// What has nothing to be compared with says so by a peer that is null.
const withoutPeer = ['fleet'];

const [kind = '', ...only] = process.argv.slice(2);
const { args, problems } = kinds[kind];
const script = path.join(root, 'scripts', `${kind}.mjs`);
const names = only.length > 0 ? only : await listed();
let failures = names.length === 0 ? 1 : 0;
if (failures > 0) console.error(`${kind} --list names nothing.`);
// Two at a time, since a good part of each is waiting. The later ones of a list take longest: they are begun first.
const left = names.reverse();
await Promise.all([lane(), lane()]);
process.exitCode = failures === 0 ? 0 : 1;

async function listed() {
  return (await output(['--list'])).split('\n').filter((line) => /^[a-z][a-z0-9-]*$/.test(line));
}

async function lane() {
  for (let name = left.shift(); name !== undefined; name = left.shift()) failures += await shortRun(name);
}

/** Makes one short run and tells how it was. Resolves to the number of its problems. */
async function shortRun(name) {
  const started = Date.now();
  const found = await output(args(name), `${name}: `).then(
    (text) => problems(JSON.parse(text.trimEnd().split('\n').at(-1)), name),
    (error) => [error.message],
  );
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${found.length === 0 ? 'ok' : 'FAILED'}: ${kind} ${name} (${seconds} s)`);
  for (const problem of found) console.error(`  ${name}: ${problem}`);
  return found.length;
}

/** What a run prints on stdout. What it tells on stderr is shown, with a prefix that says whose it is. */
function output(programArgs, prefix = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...programArgs], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    createInterface({ input: child.stderr }).on('line', (line) => console.error(prefix + line));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`ended with ${code}: ${text.slice(-500)}`)),
    );
  });
}

function benchProblems(report, name) {
  const found = [];
  if (report.bench !== name) found.push(`"bench" is ${JSON.stringify(report.bench)}`);
  if (typeof report.rows !== 'number') found.push('"rows" is not a number');
  if (!Array.isArray(report.cases) || report.cases.length === 0) return [...found, '"cases" holds nothing'];
  for (const one of report.cases) {
    const numbers = ['rounds', 'shareOfLimit'].map((key) => [key, one[key]]);
    for (const who of ['tidemark', 'limit']) numbers.push([`${who}.seconds`, one[who]?.seconds]);
    if (!withoutPeer.includes(name))
      numbers.push(['speedOverPeer', one.speedOverPeer], ['peer.seconds', one.peer?.seconds]);
    if (name === 'fleet') numbers.push(...fleetNumbers(one.fleet));
    for (const [key, value] of numbers)
      if (!(Number.isFinite(value) && value > 0)) found.push(`case ${one.case}: ${key} is ${JSON.stringify(value)}`);
  }
  return found;
}

function fleetNumbers(fleet) {
  const keys = ['pipelines', 'workers', 'runsPerSecond', 'applySeconds'].map((key) => [`fleet.${key}`, fleet?.[key]]);
  const due = ['toStart', 'toFirstStep', 'toEnd'].map((key) => [`fleet.fromDue.${key}`, fleet?.fromDue?.[key]?.median]);
  const events = ['run', 'pipeline', 'watermark'].map((key) => [`fleet.events.${key}`, fleet?.events?.[key]]);
  const memory = ['peakRssMegabytes', 'liveAfterMegabytes'].map((key) => [`fleet.memory.${key}`, fleet?.memory?.[key]]);
  return [...keys, ...due, ...events, ...memory];
}

function faultProblems(report, name) {
  const one = report.scenarios?.find(({ scenario }) => scenario === name);
  if (one === undefined) return [`no scenario ${name} in the report`];
  const bad = ['lost', 'duplicated', 'wrong', 'watermarkWentBack', 'overlapped', 'stuck'].filter(
    (key) => one[key] !== 0,
  );
  return [
    ...bad.map((key) => `${key} is ${JSON.stringify(one[key])}`),
    ...(one.faults > 0 ? [] : ['no fault was made']),
  ];
}
