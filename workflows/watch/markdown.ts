import { text } from '../markdown.js';
import type { WatchState } from './judge.js';

const MAX_NOTE = 1_000;

/** Current details of a watch, for the Web UI. */
export function watchMarkdown(pipeline: string, state: WatchState, undelivered: string | undefined): string {
  const { outcome, since, failures, movedAt, staleSince, staleAfterSeconds, latest } = state;
  const health = {
    none: 'no run has ended yet',
    good: `works, since ${since}`,
    bad: `fails, since ${since}: ${failures} in a row`,
  }[outcome];
  return [
    `### Watch of pipeline ${text(pipeline)}`,
    `**${health}**`,
    ...(latest === undefined ? [] : [`latest run: ${latest.outcome} · ${text(latest.runId)}`]),
    ...(staleAfterSeconds === null
      ? []
      : [
          `high watermark: moved ${movedAt} or later; may stand still for ${staleAfterSeconds} s` +
            (staleSince === null ? '' : ` · **stands still**, told ${staleSince}`),
        ]),
    ...(undelivered === undefined ? [] : [`> not delivered: ${text(undelivered, MAX_NOTE)}`]),
  ].join('\n\n');
}
