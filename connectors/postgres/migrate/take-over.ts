import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import { quoteTable, type QualifiedName } from '../quote.js';
import { setCataloguePath } from './catalogue-path.js';
import { planMigration } from './plan.js';
import { refuseBlocked } from './refuse-blocked.js';
import { readShape } from './read-shape.js';
import { runStep, runSteps, sqlState } from './run-steps.js';
import type { WantedTable } from './shape.js';
import { withLocks } from './take-locks.js';
import { tidyNames } from './tidy-names.js';

/**
 * Puts the new table in the live one's place, with all that depends on it. Looks again first, since views may have come and
 * gone while the rows were loaded. From here on until the commit the table and its views are locked.
 */
export async function takeOver(
  client: ClientBase,
  wanted: WantedTable,
  at: QualifiedName,
  deleteFirst: boolean,
): Promise<void> {
  const { rows } = await client.query<{ path: string }>(`SELECT current_setting('search_path') AS path`);
  for (let attempt = 1; ; attempt += 1) {
    const live = await readShape(client, wanted);
    if (live === undefined)
      throw new TidemarkError(`${quoteTable(wanted)} was dropped by somebody else while its rows were loaded.`, {
        code: 'POSTGRES_TABLE_GONE',
        retryable: true,
      });
    const { steps, blockers } = planMigration(live, wanted, { deleteFirst, temporary: at.name, isReplacement: true });
    // Only what stands in the way now: about rows and columns it was asked before they were copied.
    refuseBlocked(blockers);
    await setCataloguePath(client);
    try {
      await withLocks(client, steps.lock, () => runSteps(client, steps.take));
    } catch (error) {
      // A view that was made since it was looked.
      if (sqlState(error) !== DEPENDENTS_EXIST || attempt === ATTEMPTS) throw error;
      continue;
    }
    await runSteps(client, steps.settle);
    await tidyNames(client, live, at.name);
    await client.query(`SELECT set_config('search_path', $1, true)`, [rows[0]?.path ?? '']);
    for (const step of steps.refresh) await runStep(client, step);
    return;
  }
}

const DEPENDENTS_EXIST = '2BP01';
const ATTEMPTS = 3;
