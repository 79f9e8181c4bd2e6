import { Option, type Command } from 'commander';
import { overlapSchema } from '../../contracts/config-schedule.js';
import type { BackfillOptions } from '../actions/backfill.js';
import { tidemarkCommand } from '../command.js';

export function backfillCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<BackfillOptions>(
    {
      usage: 'backfill <pipeline>',
      summary: 'starts the runs that were due in a range of time',
      description: `One run per time at which the Schedule was due from --from to --to, both included: all of them now, also while it is paused. A run does
not know for which time it is: it brings what there is to bring, so after an outage one run (tidemark run) mostly makes up for all.

--overlap says what becomes of them, since all fall due at this moment:
  bufferAll       they run one after the other, all of them
  skip            one starts, the others are left out, since it has not ended
  bufferOne       one starts, one waits for its end, the others are left out
  cancelOther     each cancels the one before; terminateOther does so without letting it tidy up
  allowAll        all start at once; a pipeline has one run at a time, so 'ifRunning' of the config decides: they wait, are left out or fail

At most 1000 runs at once.`,
      examples: [
        ['tidemark backfill nightly --from 2026-01-01 --to 2026-01-08', 'midnight UTC, where only a date is given'],
        [
          'tidemark backfill nightly --from 2026-01-01T00:00:00+01:00 --to 2026-01-02 --dry-run',
          'which runs would be due',
        ],
      ],
      options: (command) =>
        command
          .requiredOption('--from <time>', 'beginning of the range')
          .requiredOption('--to <time>', 'end of the range')
          .addOption(
            new Option('--overlap <policy>', 'what becomes of runs that are due at once')
              .choices(overlapSchema.options)
              .default('bufferAll'),
          )
          .option('--dry-run', 'only says which runs are due', false),
      load: () => import('../actions/backfill.js'),
    },
    finish,
  );
}
