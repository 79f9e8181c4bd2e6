import type { Api } from './api.js';
import type { AmsUser } from './port.js';
import { shaped } from './reply.js';
import { usersSchema } from './schema.js';

/** Nobody named means everybody. A user of several groups may be told several times. */
export async function listUsers(api: Api, signal: AbortSignal | undefined): Promise<AmsUser[]> {
  const json = () => ({ identification: [] });
  const told = await api.call({ endpoint: 'v1/usersearch', json, read: shaped(usersSchema) }, signal);
  return [...new Map(told.map((user) => [user.id, user])).values()];
}
