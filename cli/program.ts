import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { applyCommand } from './commands/apply.js';
import { backfillCommand } from './commands/backfill.js';
import { bundleCommand } from './commands/bundle.js';
import { cancelCommand } from './commands/cancel.js';
import { checkCommand } from './commands/check.js';
import { confirmCommand } from './commands/confirm.js';
import { codecServerCommand } from './commands/codec-server.js';
import { devCommand } from './commands/dev.js';
import { errorsCommand } from './commands/errors.js';
import { historyCommand } from './commands/history.js';
import { inferCommand } from './commands/infer.js';
import { initCommand } from './commands/init.js';
import { pauseCommand, resumeCommand } from './commands/pause.js';
import { planCommand } from './commands/plan.js';
import { runCommand } from './commands/run.js';
import { sandboxCommand } from './commands/sandbox.js';
import { watermarkCommand } from './commands/watermark.js';
import { statusCommand } from './commands/status.js';
import { workerCommand } from './commands/worker.js';
import { EXIT } from './exit-codes.js';
import { reportFailure } from './failure.js';

/** All commands, as `--help` lists them. */
export const commands = [
  initCommand,
  devCommand,
  workerCommand,
  planCommand,
  runCommand,
  cancelCommand,
  watermarkCommand,
  historyCommand,
  applyCommand,
  statusCommand,
  pauseCommand,
  resumeCommand,
  backfillCommand,
  confirmCommand,
  checkCommand,
  inferCommand,
  bundleCommand,
  sandboxCommand,
  codecServerCommand,
  errorsCommand,
];

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = new Command('tidemark')
    .description(
      'Moves tables durably, on Temporal: reference data into and out of TitanRDM, batches of rows into PostgreSQL.',
    )
    .version(await version())
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', FIRST_STEPS);
  for (const create of commands) program.addCommand(create(finish));
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput({ outputError });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    return reportFailure(error, { json: args.includes('--json'), debug: args.includes('--debug') });
  }
  return exitCode;
}

const FIRST_STEPS = `
First steps:
  tidemark dev                   in the folder of a tidemark.yaml: Temporal, its Web UI, a worker, the sandbox
  tidemark check                 elsewhere: does everything answer?
  tidemark run PIPELINE --wait   a run, with its progress`;

function outputError(text: string, write: (text: string) => void): void {
  write(text.replace(/^error: /, 'tidemark: '));
}

/** `package.json` is beside `dist`, and beside `cli` in a checkout. */
async function version(): Promise<string> {
  for (const path of ['../../package.json', '../package.json']) {
    const text = await readFile(new URL(path, import.meta.url), 'utf8').catch(() => '');
    const found = /"version":\s*"([^"]+)"/.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return 'unknown';
}
