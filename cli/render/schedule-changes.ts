import { counted } from '../../contracts/readable.js';
import { scheduleLink, type Difference, type ScheduleChange, type WebUiTarget } from '../../workers/client/index.js';

const MARKS = { create: '+', update: '~', delete: '-', unchanged: '=', refused: '!' } as const;

/** The difference between config and namespace: one line per Schedule, below it what is not as the config says. */
export function changeLines(changes: readonly ScheduleChange[], target: WebUiTarget): string[] {
  if (changes.length === 0) return ['No pipeline has a schedule, and the namespace has none of this project.'];
  return changes.flatMap((change) => [
    `${MARKS[change.change]} ${change.scheduleId}  ${wordsOf(change, target)}`,
    ...change.differences.map((difference) => `    ${differenceText(difference)}`),
  ]);
}

/** `1 created, 2 changed` */
export function changeSummary(changes: readonly ScheduleChange[]): string {
  const words = { create: 'created', update: 'changed', delete: 'deleted', unchanged: 'unchanged' } as const;
  const kinds = Object.keys(words) as (keyof typeof words)[]; // the keys are those of the literal above
  const counts = kinds.map((kind) => ({ kind, count: changes.filter(({ change }) => change === kind).length }));
  return counts
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${counted(count, 'Schedule')} ${words[kind]}`)
    .join(', ');
}

function wordsOf({ change, changedByHand, times, owner, scheduleId }: ScheduleChange, target: WebUiTarget): string {
  const link = scheduleLink(target, scheduleId);
  const linked = link === undefined ? '' : `  ${link}`;
  switch (change) {
    case 'create':
      return `new: ${times}`;
    case 'delete':
      return `no longer in the config, is deleted: ${times}${linked}`;
    case 'update':
      return `${changedByHand ? 'changed by hand since it was applied, is set back' : 'changes'}:${linked}`;
    case 'refused':
      return owner === undefined ? `not made by Tidemark${linked}` : `of the project "${owner}"${linked}`;
    case 'unchanged':
      return times;
  }
}

function differenceText({ what, from, to }: Difference): string {
  if (from === undefined && to === undefined) return `${what}: differs`;
  return `${what}: ${from ?? '…'} → ${to ?? '…'}`;
}
