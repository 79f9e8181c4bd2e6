import { userInfo } from 'node:os';

/** Who runs this command, for the audit. In a container the user may be a number without a name, for which Node has an error only. */
export function userName(user: () => { username: string } = userInfo): string {
  try {
    return user().username || nameless();
  } catch {
    return nameless();
  }
}

function nameless(): string {
  const id = process.getuid?.();
  return id === undefined ? 'somebody' : `uid ${id}`;
}
