import type { StoredProfile } from './ams-sandbox.js';
import type { Directory, StoredForm } from './directory.js';
import type { Records } from './records.js';

/** Every record of the profile form of this name. */
export function storedProfiles(directory: Directory, records: Records, form: string): StoredProfile[] {
  return records.profilesOf(profileForm(directory, form).id).map(({ id, userId, enteredBy, values, writes }) => ({
    id,
    userId,
    username: directory.users.get(userId)?.username ?? '',
    enteredBy,
    values: Object.fromEntries(values),
    writes,
  }));
}

export function writeUnchecked(
  directory: Directory,
  records: Records,
  form: string,
  userId: number,
  values: Record<string, string>,
): void {
  const formId = profileForm(directory, form).id;
  records.write({ formId, userId, enteredBy: 0 }, new Map(Object.entries(values)), true);
}

function profileForm(directory: Directory, name: string): StoredForm {
  const form = directory.forms.find((each) => each.name === name && /profile$/iu.test(each.type));
  if (form === undefined) throw new Error(`The sandbox has no profile form ${name}`);
  return form;
}
