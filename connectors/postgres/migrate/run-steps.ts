import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import { quoteTable } from '../quote.js';
import type { Step } from './steps.js';

export async function runSteps(client: ClientBase, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await runStep(client, step);
}

/** @throws TidemarkError `POSTGRES_VIEW_IN_THE_WAY` when a view cannot be made again; the server's other errors as they are. */
export async function runStep(client: ClientBase, { sql, view }: Step): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    // Class 42 is about names and types: such a text holds no row's value.
    if (view === undefined || !(sqlState(error) ?? '').startsWith('42')) throw error;
    const used =
      view.readsColumns.length === 0 ? '' : ` It uses ${view.readsColumns.map((name) => `"${name}"`).join(', ')}.`;
    throw new TidemarkError(
      `View ${quoteTable(view)} cannot be made again on the table as it is now defined: ${messageOf(error)}.${used}`,
      {
        code: 'POSTGRES_VIEW_IN_THE_WAY',
        retryable: false,
        mend: 'Drop or change the view first, and make it again afterwards. Nothing was changed.',
        cause: error,
      },
    );
  }
}

/** Five characters; undefined when it is no error of the server. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
