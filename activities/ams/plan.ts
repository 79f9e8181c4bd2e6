import type { Ams } from '../../connectors/ams/port.js';
import type { AmsStepInput } from '../../contracts/ams-activities.js';
import type { AmsChanges } from '../../contracts/ams-results.js';
import { TidemarkError } from '../../contracts/errors.js';
import type { ProfileEntry } from './profile-spool.js';

/** One field of one user that would get another value. */
export interface PlannedChange {
  row: number;
  user: number;
  field: string;
  /** Null where nothing is stored. */
  from: string | null;
  to: string;
}

export interface Planning {
  ams: Ams;
  input: AmsStepInput;
  entries: AsyncIterable<ProfileEntry>;
  signal: AbortSignal;
  /** Takes the first changes, at most {@link MAX_CHANGES}. */
  onChange: (change: PlannedChange) => void;
  /** Users looked at so far. */
  onUsers?: (users: number) => void;
}

/** Users whose profiles are asked for in one call. */
const USERS_PER_CALL = 100;
/** Changes that are shown one by one. */
export const MAX_CHANGES = 200;

/** Compares what would be sent with what is stored, as far as the account may read it. */
export async function planChanges(planning: Planning): Promise<Omit<AmsChanges, 'sample'>> {
  const changes = { readable: true, users: 0, created: 0, changed: 0, unchanged: 0, fields: {} };
  let some: ProfileEntry[] = [];
  for await (const entry of planning.entries) {
    some.push(entry);
    if (some.length < USERS_PER_CALL) continue;
    await compare(planning, some, changes);
    some = [];
  }
  if (some.length > 0) await compare(planning, some, changes);
  return changes;
}

async function compare(planning: Planning, entries: readonly ProfileEntry[], changes: AmsChanges): Promise<void> {
  const stored = changes.readable ? await storedOf(planning, entries) : undefined;
  changes.users += entries.length;
  if (stored === undefined) changes.readable = false;
  planning.onUsers?.(changes.users);
  if (stored === undefined) return;
  for (const { row, user, values } of entries) {
    const before = stored.get(user);
    let differing = 0;
    for (const [field, to] of Object.entries(values)) {
      const from = before?.[field] ?? null;
      // What is not stored and what is stored as empty are the same to who reads a profile.
      if ((from ?? '') === to) continue;
      differing += 1;
      changes.fields[field] = (changes.fields[field] ?? 0) + 1;
      planning.onChange({ row, user, field, from, to });
    }
    if (before === undefined) changes.created += 1;
    else if (differing > 0) changes.changed += 1;
    else changes.unchanged += 1;
  }
}

/** Undefined where the account may not read profiles. */
async function storedOf(
  { ams, input, signal }: Planning,
  entries: readonly ProfileEntry[],
): Promise<Map<number, Record<string, string>> | undefined> {
  try {
    const profiles = await ams.profiles(
      { form: input.options.form, userIds: entries.map(({ user }) => user) },
      { signal },
    );
    return new Map(profiles.map(({ userId, values }) => [userId, values]));
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'AMS_FORBIDDEN') return undefined;
    throw error;
  }
}
