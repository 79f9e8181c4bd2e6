import { CommanderError } from 'commander';
import { ConfigError } from '../workers/config/index.js';
import { TidemarkError, type ErrorInfo } from '../contracts/errors.js';
import { EXIT } from './exit-codes.js';
import { note, printJson } from './output.js';

/** Says on stderr what went wrong, with `json` on stdout too, and returns the exit code. */
export function reportFailure(error: unknown, options: { json: boolean; debug: boolean }): number {
  // Commander has said it already; `--help` and `--version` come this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const info = infoOf(error);
  note(`tidemark: ${info.message}${info.code === 'UNEXPECTED' ? '' : ` (${info.code})`}`);
  if (options.debug) note(stackOf(error));
  else if (info.code === 'UNEXPECTED') note('tidemark: --debug shows where it happened.');
  if (options.json) printJson({ error: error instanceof ConfigError ? { ...info, problems: error.problems } : info });
  return error instanceof ConfigError || USAGE.has(info.code) ? EXIT.usage : EXIT.failed;
}

/** Errors of the command line itself: nothing was begun. */
const USAGE: ReadonlySet<string> = new Set([
  'BAD_USAGE',
  'CONFIRMATION_NEEDED',
  'BAD_INSTANT',
  'BACKFILL_RANGE',
  'INIT_INCOMPLETE',
  'CONFIG_EXISTS',
]);

function infoOf(error: unknown): ErrorInfo {
  if (error instanceof TidemarkError) return error.toInfo();
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', message: message.split('\n')[0] ?? '', retryable: false };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}
