import { Command } from 'commander';
import type { Logger } from 'pino';
import { reportFailure } from './failure.js';
import { createLogger } from './logging.js';

/** Options that every command has. */
export interface CommonOptions {
  /** Path of the config file. */
  config?: string;
  json: boolean;
  debug: boolean;
}

export interface Invocation<Options> {
  args: readonly string[];
  options: Options & CommonOptions;
  log: Logger;
}

/** Does a command's work and says the exit code. */
export type Action<Options> = (invocation: Invocation<Options>) => Promise<number>;

export interface CommandDescription<Options> {
  /** Name and arguments as commander writes them: `run <pipeline>`. */
  usage: string;
  summary: string;
  /** What `--help` teaches beyond the summary. */
  description?: string;
  /** Command lines, each with what it does. */
  examples: readonly [line: string, does: string][];
  /** Adds the command's own options. */
  options?: (command: Command) => Command;
  /** The module that does the work. Loaded when it is needed: `--help` must not wait for Temporal's and DuckDB's libraries. */
  load: () => Promise<{ action: Action<Options> }>;
}

/** A command with the options that all have, whose failure is one clear line. */
export function tidemarkCommand<Options extends object>(
  description: CommandDescription<Options>,
  finish: (exitCode: number) => void,
): Command {
  const [name = '', ...parameters] = description.usage.split(' ');
  const command = new Command(name)
    .summary(description.summary)
    .description(
      `${description.summary}${description.description === undefined ? '' : `\n\n${description.description}`}`,
    )
    .option('--config <file>', 'path of the config (default: the nearest tidemark.yaml, here or above)')
    .option('--json', 'prints one line of JSON, for machines', false)
    .option('--debug', 'shows stacks and debug logs', false)
    .addHelpText('after', `\nExamples:\n${exampleLines(description.examples)}`);
  for (const parameter of parameters) command.argument(parameter);
  description.options?.(command);
  return command.action(async () => {
    const options = command.opts<Options & CommonOptions>();
    try {
      const log = createLogger({ debug: options.debug });
      const { action } = await description.load();
      finish(await action({ args: command.args, options, log }));
    } catch (error) {
      finish(reportFailure(error, options));
    }
  });
}

function exampleLines(examples: readonly [string, string][]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return examples.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`).join('\n');
}
