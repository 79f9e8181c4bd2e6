import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function statusCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'status [pipeline]',
      summary: 'shows what became of the runs of pipelines, and when the next ones are due',
      description: `Of all pipelines one line each: running or not, how the last run ended, how many ended how, the next run. Of one pipeline: its
Schedule, whether it is paused and why, the next times, and the latest runs with what they did.

Counts are of the runs that the namespace still remembers (its retention). All times are UTC. The exit code is 0 whatever became of
the runs: --json and jq tell them apart.`,
      examples: [
        ['tidemark status', 'all pipelines'],
        ['tidemark status nightly', 'its Schedule and its latest runs'],
        [`tidemark status nightly --json | jq -e '.ended[0].state == "completed"'`, 'for a monitor'],
      ],
      load: () => import('../actions/status.js'),
    },
    finish,
  );
}
