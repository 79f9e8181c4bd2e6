import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Benchmark, BenchmarkOptions } from './benchmark.js';
import { benchmarks } from './benchmarks.js';
import { load, machine } from './machine.js';
import { preparePeer } from './peer/peer.js';
import { printReport } from './print.js';
import { checkReport, type Report } from './report.js';
import { ROOT } from './root.js';

interface Options {
  rows?: number;
  tables?: number;
  pipelines?: number;
  case?: string[];
  rounds: number;
  peerRounds?: number;
  peer: boolean;
  json?: boolean;
  list?: boolean;
  profile?: string;
}

const command = new Command('bench')
  .description('Compares Tidemark with the real peer and with the physical limit, in one run on one machine.')
  .argument('[name]', `one of ${benchmarks.map(({ name }) => name).join(', ')}`)
  .option('--rows <n>', 'rows in all', count)
  .option('--tables <n>', 'tables that they are spread over, where a benchmark has many', count)
  .option('--pipelines <n>', 'pipelines that they are spread over, where a benchmark has many', count)
  .option('--case <names...>', 'these cases only')
  .option('--rounds <n>', 'rounds in turn; medians are quoted', count, 3)
  .option('--peer-rounds <n>', 'rounds of the peer, when fewer or more than by default', count)
  .option('--no-peer', 'leaves the peer out')
  .option('--json', 'the last line is one JSON object')
  .option('--list', 'prints the names of the benchmarks')
  .option('--profile <folder>', "writes a CPU profile of Tidemark's worker there")
  .addHelpText('after', `\n${benchmarks.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}`)
  .parse();

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above 0 is needed');
  return value;
}

async function main(options: Options): Promise<void> {
  if (options.list === true) {
    for (const { name } of benchmarks) console.log(name);
    return;
  }
  const [name] = command.args;
  const benchmark = benchmarks.find((known) => known.name === name);
  if (benchmark === undefined) return command.error(`Name one of ${benchmarks.map((known) => known.name).join(', ')}.`);
  const report = await measured(benchmark, options);
  printReport(report, (line) => console.log(line));
  if (options.json === true) console.log(JSON.stringify(report));
}

async function measured(benchmark: Benchmark, given: Options): Promise<Report> {
  const say = (line: string): void => console.error(`${benchmark.name}: ${line}`);
  const options: BenchmarkOptions = {
    rows: given.rows ?? benchmark.defaultRows,
    tables: given.tables,
    pipelines: given.pipelines,
    cases: casesOf(benchmark, given.case),
    rounds: given.rounds,
    peerRounds: given.peerRounds,
    peer: given.peer && benchmark.hasPeer !== false ? await preparePeer(ROOT) : undefined,
    dataFolder: path.join(ROOT, '.tidemark', 'bench', 'data'),
    workFolder: path.join(ROOT, '.tidemark', 'bench', 'work'),
    workerOptions: given.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(given.profile)}`],
    say,
  };
  const loadBefore = load();
  const cases = await benchmark.run(options);
  const report: Report = {
    bench: benchmark.name,
    rows: options.rows,
    cases,
    notes: benchmark.notes(options),
    machine: machine(loadBefore),
  };
  return checkReport(report, options.cases);
}

function casesOf({ cases }: Benchmark, wanted: readonly string[] | undefined): readonly string[] {
  const unknown = wanted?.find((name) => !cases.includes(name));
  if (unknown !== undefined) command.error(`There is no case ${unknown}: name some of ${cases.join(', ')}.`);
  return wanted === undefined ? cases : cases.filter((name) => wanted.includes(name));
}

/** A failed workflow says why in its cause. */
function reasons(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasons(error.cause)}`;
}

// The programs end when we do, and the exit removes what they worked on.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await main(command.opts<Options>()).catch((error: unknown) => {
  console.error(process.env['TIDEMARK_DEBUG'] ? error : reasons(error));
  process.exitCode = 1;
});
