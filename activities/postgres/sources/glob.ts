/** Whether a file's name fits a pattern: `*` is any text, `?` one character, all else stands for itself. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const source = pattern.replaceAll(/[\\^$.|+()[\]{}/*?]/gu, (char) =>
    char === '*' ? '.*' : char === '?' ? '.' : `\\${char}`,
  );
  const regex = new RegExp(`^${source}$`, 'su');
  return (name) => regex.test(name);
}
