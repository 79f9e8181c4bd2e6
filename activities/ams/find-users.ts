import type { AmsUser } from '../../connectors/ams/port.js';
import type { AmsIdColumn } from '../../contracts/ams-inputs.js';

/** Whose row it is: one user, none that is known, or several. */
export type FoundUser = { user: number } | { candidates: number[] };

const NOBODY: FoundUser = { candidates: [] };

/**
 * Finds users by what rows call them. Spaces around do not count; where nobody is called exactly so, upper and lower case do not
 * either. What fits several users is nobody's: people share names.
 */
export class UserDirectory {
  private readonly exact = new Map<string, number[]>();
  private readonly folded = new Map<string, number[]>();

  constructor(
    users: readonly AmsUser[],
    private readonly idColumn: AmsIdColumn,
  ) {
    for (const user of users) {
      const name = nameOf(user, idColumn);
      if (name === '') continue;
      note(this.exact, name, user.id);
      if (idColumn !== 'user_id') note(this.folded, name.toLowerCase(), user.id);
    }
  }

  find(text: string): FoundUser {
    const name = this.idColumn === 'about' ? oneSpaced(text) : text.trim();
    const found = this.exact.get(name) ?? this.folded.get(name.toLowerCase());
    if (found === undefined || name === '') return NOBODY;
    const [first] = found;
    return found.length === 1 && first !== undefined ? { user: first } : { candidates: found };
  }
}

/** What a user is called in a column of this kind. */
export function nameOf(user: AmsUser, idColumn: AmsIdColumn): string {
  switch (idColumn) {
    case 'user_id':
      return String(user.id);
    case 'username':
      return user.username.trim();
    case 'email':
      return user.email.trim();
    case 'about':
      return oneSpaced(`${user.firstName} ${user.lastName}`);
  }
}

const oneSpaced = (text: string): string => text.trim().replaceAll(/\s+/gu, ' ');

function note(names: Map<string, number[]>, name: string, id: number): void {
  const before = names.get(name);
  if (before === undefined) names.set(name, [id]);
  else if (!before.includes(id)) before.push(id);
}
