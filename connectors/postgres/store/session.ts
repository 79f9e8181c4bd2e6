import type { ClientBase } from 'pg';
import { isPostgresFailure, postgresFailure, type FailureContext } from '../errors.js';

/** Until the transaction's end: texts of dates and times read the same whatever the role, the database or the server is set to. */
export async function setSpelling(client: ClientBase): Promise<void> {
  await client.query(`SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),
    set_config('IntervalStyle', 'iso_8601', true), set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true)`);
}

/** What the server, or the way to it, has refused, in our words; anything else as it is. */
export function told(error: unknown, context: FailureContext): unknown {
  return isPostgresFailure(error) ? postgresFailure(error, context) : error;
}
