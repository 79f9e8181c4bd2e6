import type { Command } from 'commander';
import type { WatermarkOptions } from '../actions/watermark.js';
import { tidemarkCommand } from '../command.js';

export function watermarkCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<WatermarkOptions>(
    {
      usage: 'watermark <get|set|reset> <pipeline> [table]',
      summary: 'shows, sets or resets the high watermarks of a pipeline',
      description: `What is set waits for the pipeline's next run, which begins from there; a run that is under way is not disturbed. TABLE is the
convention key of a table (DOMAIN_TABLE), as 'get' lists it; a pipeline of postgresIngest has one watermark, without a table.

Exit codes: 0 done; 1 it could not be done; 2 the config or the command line is wrong.`,
      examples: [
        ['tidemark watermark get nightly', 'all tables: value, since when, by which run'],
        [
          `tidemark watermark set nightly cust_people --value '"2026-01-01T00:00:00Z"' --reason 'bad rows'`,
          'the next run begins there',
        ],
        ["tidemark watermark reset orders --reason 'the source was rebuilt'", 'the next run begins from nothing'],
      ],
      options: (command) =>
        command
          .option('--value <json>', 'the value to set, as JSON: a text in double quotes')
          .option('--reason <text>', 'why: kept in the audit; set and reset need it')
          .option('--by <name>', "who (default: the system's user)")
          .option('--new', 'also for a table that no run has seen yet', false),
      load: () => import('../actions/watermark.js'),
    },
    finish,
  );
}
