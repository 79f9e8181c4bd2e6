import { quoteTable } from '../quote.js';
import type { Change } from './changes.js';
import type { Loss } from './losses.js';
import { STAGES, type MigrationPlan } from './plan.js';

/** Pure. Lines for people: what stands in the way, then what would be lost, then what differs and what is done. */
export function describePlan(plan: MigrationPlan): string[] {
  const table = quoteTable(plan.table);
  const steps = STAGES.flatMap((stage) => plan.steps[stage].map(({ what }) => what));
  return [
    ...plan.blockers.map(({ message, mend }) => `! cannot be done: ${message} ${mend}`),
    ...plan.losses.map((loss) => `! lost: ${describeLoss(loss)}`),
    `${table}: ${HEADLINES[plan.action]}`,
    ...plan.changes.map((change) => `  ${describeChange(change)}`),
    // The same words for statements that belong together are said once.
    ...steps.filter((what, place) => what !== steps[place - 1]).map((what) => `    - ${what}`),
  ];
}

const HEADLINES: Readonly<Record<MigrationPlan['action'], string>> = {
  create: 'is created',
  keep: 'is as it is wanted',
  replace: 'is replaced by a new table',
};

export function describeLoss(loss: Loss): string {
  switch (loss.kind) {
    case 'rows':
      return `all rows${loss.estimatedRows === null ? '' : ` (about ${Math.round(loss.estimatedRows)})`}`;
    case 'column':
      return `the values of column "${loss.column}" (${loss.type})`;
    case 'narrowing':
      return loss.effect === 'may-lose'
        ? `digits or parts of the values of column "${loss.column}", from ${loss.from} to ${loss.to}`
        : `nothing, but a value of column "${loss.column}" that does not fit from ${loss.from} into ${loss.to} ends the batch`;
    case 'owner':
      return `the owner "${loss.from}": it becomes "${loss.to}"`;
    case 'belonging':
      return `${loss.what}: ${loss.why}`;
  }
}

export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'column-added':
      return `+ column "${change.column}" ${change.type}${change.notNull ? ' not null' : ''}`;
    case 'column-dropped':
      return `- column "${change.column}" ${change.type}`;
    case 'column-retyped':
      return `~ column "${change.column}": ${change.from} becomes ${change.to}`;
    case 'column-nullability':
      return `~ column "${change.column}": ${change.notNull ? 'must not be null' : 'may be null'}`;
    case 'columns-moved':
      return `~ order of columns: ${change.from.join(', ')} becomes ${change.to.join(', ')}`;
    case 'primary-key':
      return `~ primary key: ${listOf(change.from)} becomes ${listOf(change.to)}`;
    case 'index-added':
      return `+ index ${change.index}`;
    case 'index-removed':
      return `- index ${change.index}`;
  }
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `(${names.join(', ')})`;
}
