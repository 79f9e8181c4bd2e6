/** The form of the benchmark. */
export const FORM = 'Athlete Profile';

export const FIELDS = [
  { name: 'height_cm', type: 'Number' },
  { name: 'shirt', type: 'Text' },
  { name: 'born', type: 'Date' },
  { name: 'remarks', type: 'Text' },
] as const;

/** Added to each reply of the sandbox. */
export const LATENCY_MS = 50;
/** Requests under way at the same time. */
export const CONCURRENCY = 8;

/** Values of the n-th profile of a round, as the form spells them: every round brings others. */
export function valuesOf(index: number, round: number): Record<(typeof FIELDS)[number]['name'], string> {
  return {
    height_cm: `${150 + (index % 60)}.${round}`,
    shirt: String(index % 1_000).padStart(5, '0'),
    born: `0${1 + (index % 9)}/0${1 + (index % 8)}/200${index % 10}`,
    remarks: `round ${round}, "number" ${index}`,
  };
}

/** The same as a CSV file of a store. */
export function csvOf(userIds: readonly number[], round: number): string {
  const names = FIELDS.map(({ name }) => name);
  const lines = userIds.map((userId, index) => {
    const values = valuesOf(index, round);
    return [userId, ...names.map((name) => `"${values[name].replaceAll('"', '""')}"`)].join(',');
  });
  return [['user_id', ...names].join(','), ...lines, ''].join('\n');
}
