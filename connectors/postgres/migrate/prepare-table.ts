import type { ClientBase } from 'pg';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { PreparedTable } from '../port.js';
import { ensureSchema } from './ensure-schema.js';
import { planMigration } from './plan.js';
import { readShape } from './read-shape.js';
import { refuseBlocked } from './refuse-blocked.js';
import { runStep, runSteps } from './run-steps.js';
import { keepWritersOut } from './steps.js';
import { takeOver } from './take-over.js';
import { temporaryName } from './temporary-name.js';
import { wantedShape } from './wanted-shape.js';

export interface PrepareOptions {
  /** The rows that are there are not to be kept: the table is replaced by an empty one, whatever it looks like. */
  deleteFirst: boolean;
  /** A table that is there is taken as it is, whatever it looks like. */
  ensureOnly?: boolean;
}

/**
 * Makes a table ready for the rows of a batch, inside the open transaction of the batch: creates it, takes it as it is, or
 * begins to replace it. Readers are not disturbed before `swap`; whoever writes to a table that is being replaced waits.
 *
 * @throws TidemarkError `POSTGRES_DEFINITION` when the server does not accept the definition; `POSTGRES_NOT_A_TABLE`,
 *   `POSTGRES_VIEW_USES_COLUMN` or `POSTGRES_MIGRATION_BLOCKED` when the table cannot be replaced: nothing was changed then.
 *   The server's own errors as they are.
 */
export async function prepareTable(
  client: ClientBase,
  definition: PostgresTable,
  { deleteFirst, ensureOnly = false }: PrepareOptions,
): Promise<PreparedTable> {
  const wanted = await wantedShape(client, definition);
  const temporary = temporaryName();
  const inPlace = { schema: definition.schema, name: definition.name };
  let live = await readShape(client, definition);
  if (live !== undefined && ensureOnly)
    return { ...asItIs, definition, writeTo: inPlace, isReplacement: false, isBare: false };
  let plan = planMigration(live, wanted, { deleteFirst, temporary });
  if (plan.action === 'replace' && plan.blockers.length === 0) {
    // What was seen so far may have changed while this waited for the lock.
    await runStep(client, keepWritersOut(definition));
    live = await readShape(client, definition);
    plan = planMigration(live, wanted, { deleteFirst, temporary });
  }
  refuseBlocked(plan.blockers);
  if (plan.action === 'create') await ensureSchema(client, definition.schema);
  await runSteps(client, plan.steps.begin);
  const isReplacement = plan.action === 'replace';
  const at = { schema: definition.schema, name: temporary };
  return {
    definition,
    writeTo: isReplacement ? at : inPlace,
    isReplacement,
    isBare: plan.action !== 'keep' && !plan.keepsRows,
    addKeys: () => runSteps(client, plan.steps.keys),
    finish: () => runSteps(client, plan.steps.finish),
    swap: isReplacement ? () => takeOver(client, wanted, at, deleteFirst) : asItIs.swap,
  };
}

const asItIs = {
  addKeys: (): Promise<void> => Promise.resolve(),
  finish: (): Promise<void> => Promise.resolve(),
  swap: (): Promise<void> => Promise.resolve(),
};

/**
 * For a call without batches: creates schema and table with key, indexes and comments where the table is missing. One that is there is
 * left alone, also when it differs. Within the caller's transaction.
 */
export async function ensureTable(client: ClientBase, definition: PostgresTable): Promise<void> {
  const prepared = await prepareTable(client, definition, { deleteFirst: false, ensureOnly: true });
  await prepared.addKeys();
  await prepared.finish();
}
