import type { QualifiedName } from '../quote.js';
import { blockersOf, notATable, type Blocker } from './blockers.js';
import { changesBetween, type Change } from './changes.js';
import { lossesOf, type Loss } from './losses.js';
import type { LiveTable } from './read-shape.js';
import { replacementSteps } from './replacement-steps.js';
import type { WantedTable } from './shape.js';
import { addIndexes, addKeys, commentSteps, createTable, type Step } from './steps.js';
import { takeOverSteps } from './take-over-steps.js';

/**
 * When a step is done: `begin` before the rows of the batch are loaded, `keys` and `finish` after it, `lock`, `take` and `settle` when the new
 * table takes its place, `refresh` at the very end.
 */
export const STAGES = ['begin', 'keys', 'finish', 'lock', 'take', 'settle', 'refresh'] as const;
export type Stage = (typeof STAGES)[number];

/** What has to be done to a table before and after the rows of a batch. */
export interface MigrationPlan {
  table: QualifiedName;
  action: 'create' | 'keep' | 'replace';
  /** Why it is replaced. Empty with `replace` when it is only because its rows are to go. */
  changes: Change[];
  /** What would be gone afterwards. */
  losses: Loss[];
  /** Why it cannot be done; empty when it can. */
  blockers: Blocker[];
  /** The live rows go over to the new table. */
  keepsRows: boolean;
  steps: Record<Stage, Step[]>;
}

export interface PlanOptions {
  /** The rows that are there are not to be kept. */
  deleteFirst: boolean;
  /** Name of the new table until it takes the live one's place. Left out: a stand-in, for a plan that is only shown. */
  temporary?: string;
  /** A new table is there already: the live one is replaced whatever it looks like by now. */
  isReplacement?: boolean;
}

/** Pure: from the live table, if there is one, and the wanted one, to what is to be done. */
export function planMigration(
  live: LiveTable | undefined,
  wanted: WantedTable,
  { deleteFirst, temporary = '_tmp_', isReplacement = false }: PlanOptions,
): MigrationPlan {
  const table = { schema: wanted.schema, name: wanted.name };
  const plan: MigrationPlan = {
    table,
    action: 'create',
    changes: [],
    losses: [],
    blockers: [],
    keepsRows: false,
    steps: { begin: [], keys: [], finish: [], lock: [], take: [], settle: [], refresh: [] },
  };
  if (live === undefined) {
    const { steps } = plan;
    steps.begin = [createTable(table, wanted.columns)];
    steps.keys = addKeys(table, wanted);
    steps.finish = [...addIndexes(table, wanted), ...commentSteps(table, wanted.comments)];
    return plan;
  }
  const wrong = notATable(live);
  const changes = withKey(live, wanted, changesBetween(live, wanted));
  if (wrong !== undefined) return { ...plan, action: 'keep', changes, blockers: [wrong] };
  if (!deleteFirst && !isReplacement && changes.length === 0) {
    const { steps } = plan;
    steps.finish = commentSteps(table, newComments(live, wanted));
    return { ...plan, action: 'keep' };
  }
  const at = { schema: wanted.schema, name: temporary };
  const keepsRows = !deleteFirst && live.hasRows;
  return {
    ...plan,
    action: 'replace',
    changes,
    keepsRows,
    losses: lossesOf(live, wanted, { deleteFirst }),
    blockers: blockersOf(live, wanted, { deleteFirst }),
    steps: { ...replacementSteps(live, wanted, at, keepsRows), ...takeOverSteps(live, wanted, at) },
  };
}

/** Those of the definition that are not there yet: writing one that is would take a lock for nothing. */
function newComments(live: LiveTable, { comments }: WantedTable): WantedTable['comments'] {
  const there = new Map(live.columns.map(({ name, comment }) => [name, comment]));
  return {
    ...(comments.table === undefined || comments.table === (live.comment ?? '') ? {} : { table: comments.table }),
    columns: new Map([...comments.columns].filter(([name, comment]) => (there.get(name) ?? '') !== comment)),
  };
}

/** ON CONFLICT cannot use a deferrable key. */
function withKey(live: LiveTable, { primaryKey }: WantedTable, changes: Change[]): Change[] {
  const isOtherwiseEqual = !changes.some(({ kind }) => kind === 'primary-key');
  return live.primaryKeyDeferrable && primaryKey.length > 0 && isOtherwiseEqual
    ? [...changes, { kind: 'primary-key', from: live.primaryKey.map((name) => `${name} deferrable`), to: primaryKey }]
    : changes;
}
