import { amsDownloadProfilesInputSchema, type AmsDownloadProfilesInput } from '../contracts/ams-inputs.js';
import type { AmsDownloadProfilesResult } from '../contracts/ams-results.js';
import { counted, grouped } from '../contracts/readable.js';
import { parseInput } from './input.js';
import { Progress } from './progress.js';
import { profiles } from './steps.js';
import { watchedBy } from './watched.js';

/**
 * Reads the profiles of all users that the account sees into a table of a store, which is replaced: a round trip can be checked by it.
 * @param input see {@link amsDownloadProfilesInputSchema}
 */
export function amsDownloadProfiles(input: AmsDownloadProfilesInput): Promise<AmsDownloadProfilesResult> {
  return watchedBy(new Progress(), (progress) => run(input, progress), input);
}

async function run(input: AmsDownloadProfilesInput, progress: Progress): Promise<AmsDownloadProfilesResult> {
  const options = parseInput('amsDownloadProfiles', amsDownloadProfilesInputSchema, input);
  const { form, store, table } = options;
  progress.about(`Profiles of ${form}`);
  progress.enter('receiving profiles');
  progress.table(table, 'receiving');
  const received = await profiles(`Profiles of ${form} into ${store}`).amsReceiveProfiles({ options });
  progress.ended(table, 'success', { rows: received.profiles, bytes: received.bytes });
  const { users, profiles: rows } = received;
  return {
    form,
    ...received,
    summary: `${counted(rows, 'profile')} of ${form} received into ${table}; the account sees ${counted(users, 'user')}, ${grouped(users - rows)} of them without one.`,
  };
}
