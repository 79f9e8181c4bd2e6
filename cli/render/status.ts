import { counted, grouped, secondsText } from '../../contracts/readable.js';
import type { PipelineStatus, RunStatus, ScheduleStatus } from '../../workers/client/index.js';
import { columns } from './columns.js';

/** Links and summaries are of use only as a whole. */
const WHOLE = 400;

/** One line per pipeline. */
export function overviewLines(statuses: readonly PipelineStatus[]): string[] {
  if (statuses.length === 0) return ['The config has no pipelines.'];
  return columns(statuses, [
    { title: 'pipeline', cell: ({ pipeline }) => pipeline },
    {
      title: 'now',
      cell: ({ running }) => (running === undefined ? '' : `running since ${timeText(running.startedAt)}`),
    },
    { title: 'last run', cell: ({ ended }) => ended[0]?.state ?? 'never' },
    { title: 'ended', cell: ({ ended }) => timeText(ended[0]?.endedAt) },
    { title: 'completed', cell: ({ counts }) => grouped(counts['Completed'] ?? 0), right: true },
    { title: 'failed', cell: ({ counts }) => grouped(counts['Failed'] ?? 0), right: true },
    { title: 'next run', cell: ({ schedule }) => nextOf(schedule), max: WHOLE },
    { title: 'latest', cell: ({ running, ended }) => (running ?? ended[0])?.link ?? '', max: WHOLE },
  ]);
}

function nextOf(schedule: PipelineStatus['schedule']): string {
  if (schedule === 'none') return 'no schedule';
  if (schedule === 'not applied') return 'not applied: tidemark apply';
  if (schedule === 'not owned') return "another project's Schedule";
  return schedule.paused ? 'paused' : timeText(schedule.nextRuns[0]);
}

/** All that is known of one pipeline. */
export function statusLines({ pipeline, workflow, running, ended, counts, schedule }: PipelineStatus): string[] {
  const totals = Object.entries(counts).map(([state, count]) => `${grouped(count)} ${state}`);
  return [
    `${pipeline} (${workflow})`,
    ...(typeof schedule === 'string' ? [`schedule  ${nextOf(schedule)}`] : scheduleLines(schedule)),
    `now       ${running === undefined ? 'not running' : `running since ${timeText(running.startedAt)}  ${running.link ?? running.runId}`}`,
    `runs      ${totals.length === 0 ? 'none that the namespace remembers' : totals.join(', ')}`,
    ...(ended.length === 0 ? [] : ['', ...runLines(ended)]),
  ];
}

function scheduleLines({ times, link, paused, note, nextRuns, counts, running }: ScheduleStatus): string[] {
  const { started, leftOut, missed } = counts;
  return [
    `schedule  ${times}${link === undefined ? '' : `  ${link}`}`,
    paused
      ? `paused    ${note ?? ''}`.trimEnd()
      : `next      ${nextRuns.length === 0 ? 'never' : nextRuns.slice(0, 3).map(timeText).join(', ')}`,
    `so far    ${counted(started, 'run')} started by it, ${grouped(leftOut)} left out since the one before had not ended, ${grouped(missed)} missed${running === 0 ? '' : `; ${grouped(running)} not ended`}`,
  ];
}

const runLines = (runs: readonly RunStatus[]): string[] =>
  columns(runs, [
    { title: 'started', cell: ({ startedAt }) => timeText(startedAt) },
    { title: 'took', cell: took, right: true },
    { title: 'outcome', cell: ({ state }) => state },
    { title: 'what', cell: ({ summary, error }) => error?.message ?? summary ?? '', max: 100 },
    { title: 'run', cell: ({ link, runId }) => link ?? runId, max: WHOLE },
  ]);

function took({ startedAt, endedAt }: RunStatus): string {
  return endedAt === undefined ? '' : secondsText((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000);
}

/** 2026-01-31T02:00:00.000Z → 2026-01-31 02:00:00Z */
function timeText(instant: string | undefined): string {
  return instant === undefined ? '' : instant.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}
