import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function historyCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'history <pipeline>',
      summary: "shows what has moved a pipeline's high watermarks",
      description:
        'The latest 200 changes, oldest first: when, which table, what, from where to where, by which run or whom, and why.',
      examples: [
        ['tidemark history nightly', 'who set it, and what the runs have reached since'],
        ['tidemark history nightly --json | jq -r .events[].key', 'for machines'],
      ],
      load: () => import('../actions/history.js'),
    },
    finish,
  );
}
