import { startAmsSandbox, type AmsSandbox } from '../../sandbox/ams/index.js';
import { FIELDS, FORM } from '../profiles/table.js';
import { serve } from './program.js';

/** The sandbox of AMS in a process of its own: what it does with CPU and memory is not counted as anybody's. */
const handlers = {
  start: async ({ users, latencyMs }: { users: number; latencyMs: number }) => {
    sandbox = await startAmsSandbox({
      latencyMs,
      forms: [{ name: FORM, fields: FIELDS.map(({ name, type }) => ({ name, type })) }],
      // Made up, every one of them.
      users: Array.from({ length: users }, (_, index) => ({
        username: `athlete.${index + 1}`,
        email: `athlete.${index + 1}@example.com`,
        firstName: 'Athlete',
        lastName: `Number ${index + 1}`,
      })),
    });
    const { url, username, password } = sandbox;
    return { url, username, password, userIds: sandbox.users.map(({ id }) => id) };
  },
  /** What is stored, for a comparison with what was sent. */
  stored: () => (sandbox?.profiles(FORM) ?? []).map(({ userId, values }) => ({ userId, values })),
  /** Most calls that were under way at a time since the last call of this. */
  peakInFlight: () => {
    const peak = sandbox?.peakInFlight ?? 0;
    sandbox?.resetPeak();
    return peak;
  },
  stop: async () => {
    await sandbox?.close();
  },
};
export type AmsSandboxProgram = typeof handlers;

let sandbox: AmsSandbox | undefined;
serve(handlers);
