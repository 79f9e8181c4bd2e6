import type { ClientBase } from 'pg';
import type { ColumnType } from '../encode/column-types.js';
import { isPostgresFailure } from '../errors.js';
import { meaningOf } from '../sqlstates.js';
import { caseOf, codeOf, move, temporaryName, type Reason, type Refusing, type Staged } from './staged.js';
import { valueChecks } from './value-checks.js';

/** `pg_input_is_valid` came with it. */
const CHECKS_VALUES_SINCE = 160_000;

/** Moves rows whose values do not fit from the staging table to the quarantine. Returns how many. */
export async function refuseByValues(client: ClientBase, staged: Staged, to: Refusing): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  if ((rows[0]?.version ?? 0) < CHECKS_VALUES_SINCE) return refuseBy('functions', client, staged, to);
  await client.query('SAVEPOINT tidemark_checks');
  let refused: number;
  try {
    refused = await refuseBy('server', client, staged, to);
  } catch (error) {
    // The input function of some extension's type fails where it should tell.
    if (!isPostgresFailure(error) || meaningOf(codeOf(error), error).retryable) throw error;
    await client.query('ROLLBACK TO SAVEPOINT tidemark_checks');
    refused = await refuseBy('functions', client, staged, to);
  }
  await client.query('RELEASE SAVEPOINT tidemark_checks');
  return refused;
}

async function refuseBy(by: 'server' | 'functions', client: ClientBase, staged: Staged, to: Refusing): Promise<number> {
  const { columns, staging, texts } = staged;
  const { checks, drop } = await valueChecks(client, columns, texts, by);
  const told = checks.flatMap((check, index) => (check === undefined ? [] : [{ ...check, index }]));
  const refused = temporaryName();
  // The first column that does not fit is the one that COPY would have stopped at. OFFSET 0: each row is looked at once, and why it is bad
  // is asked of bad ones alone.
  const { rowCount } = await client.query(`
    CREATE TEMPORARY TABLE ${refused} ON COMMIT DROP AS
    SELECT n, k, ${caseOf(told.map(({ index, state }) => `WHEN k = ${index} THEN ${state}`))} AS state
    FROM (SELECT *, CASE WHEN problem IS NOT NULL THEN -1 ${told.map(({ index, isBad }) => `WHEN ${isBad} THEN ${index}`).join(' ')} END AS k
      FROM ${staging} OFFSET 0) AS looked_at
    WHERE k IS NOT NULL`);
  await drop();
  if (rowCount !== 0) {
    const { rows } = await client.query<{ k: number; state: string }>(
      `SELECT DISTINCT k, state FROM pg_temp.${refused} WHERE k >= 0`,
    );
    await move(
      client,
      staged,
      to,
      refused,
      rows.map(({ k, state }) => reasonOf(k, state, columns[k])),
    );
  }
  await client.query(`DROP TABLE pg_temp.${refused}`);
  return rowCount ?? 0;
}

function reasonOf(k: number, state: string, column: ColumnType | undefined): Reason {
  const { code, reason } = meaningOf(state, undefined);
  return {
    k,
    state,
    column: column?.name ?? null,
    code,
    reason: column === undefined ? reason : `${reason} (${column.type})`,
  };
}
