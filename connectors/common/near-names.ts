/**
 * Names that a misspelt one may have meant, the nearest first, at most `limit`. Compared without regard to case and to
 * what separates words; a name that contains the other counts as near.
 */
export function nearNames(wanted: string, names: readonly string[], limit = 5): string[] {
  const target = plain(wanted);
  const furthest = Math.max(2, Math.floor(target.length / 3));
  return [...new Set(names)]
    .map((name) => ({ name, distance: distanceTo(target, plain(name)) }))
    .filter(({ distance }) => distance <= furthest)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** `Near names: "a", "b".`, or a few of the names there are when none is near, or that there is none. */
export function nearNamesText(wanted: string, names: readonly string[]): string {
  const near = nearNames(wanted, names);
  if (near.length > 0) return `Near names: ${quoted(near)}.`;
  if (names.length === 0) return 'There are none.';
  const some = [...new Set(names)].sort();
  return `There are: ${quoted(some.slice(0, 10))}${some.length > 10 ? ` and ${some.length - 10} more` : ''}.`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

function plain(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_-]+/gu, ' ')
    .trim();
}

function distanceTo(target: string, name: string): number {
  if (target === name) return 0;
  if (target.length >= 3 && name.length >= 3 && (name.includes(target) || target.includes(name))) return 1;
  return editDistance(target, name);
}

/** Least number of characters to insert, delete, replace, or swap with their neighbour. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(at(row, j - 1) + 1, at(last, j) + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(beforeLast, j - 2) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
