import { HttpError, json, type Call, type Route } from '../http/http.js';
import type { AmsContext } from './context.js';
import type { StoredUser } from './directory.js';

export function userRoutes(context: AmsContext): Route[] {
  const { directory } = context;
  return [
    context.post('v1', 'usersearch', (call) => {
      const users = directory.usersOf(context.accountOf(call));
      const wanted = identifications(call);
      if (wanted.length === 0) return json({ results: [{ results: users.map(userView) }] });
      return json({ results: wanted.map((one) => ({ results: users.filter(one).map(userView) })) });
    }),
    context.post('v1', 'groupmembers', (call) => {
      const names = call.body['name'];
      if (!Array.isArray(names)) throw new HttpError(400, 'name must be a list of groups');
      const users = directory.usersOf(context.accountOf(call));
      const members = (name: unknown) => users.filter(({ groups }) => groups.some((group) => group === name));
      return json({ results: names.map((name) => ({ results: members(name).map(userView) })) });
    }),
    context.post('v1', 'listgroups', (call) => json({ name: directory.groups(context.accountOf(call)) })),
  ];
}

/** `[]` is everybody; else one by `username` or `email`, each compared to the letter. */
function identifications({ body }: Call): ((user: StoredUser) => boolean)[] {
  const given = body['identification'];
  if (!Array.isArray(given)) throw new HttpError(400, 'identification must be a list');
  return given.map((entry: unknown) => {
    const { username, email } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    return (user) => (username === undefined ? user.email === email : user.username === username);
  });
}

function userView({ id, username, email, firstName, lastName, groups }: StoredUser) {
  return {
    userId: id,
    firstName,
    lastName,
    username,
    emailAddress: email,
    dob: null,
    uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    middleName: null,
    knownAs: null,
    sex: null,
    phoneNumbers: [],
    groupsAndRoles: { role: [], athleteGroups: groups.map((name) => ({ name })), coachGroups: [] },
  };
}
