/** What a person reads: one block per step. */
export interface Step {
  title: string;
  link: string | undefined;
  lines: string[];
}

const count = (value: number | null) => (value === null ? '?' : value.toLocaleString('en-US'));

export function importLine(
  table: string,
  rows: number,
  counts: { inserted: number | null; updated: number | null; deleted: number | null },
): string {
  const { inserted, updated, deleted } = counts;
  return `${table.padEnd(10)} ${count(rows).padStart(7)} rows sent: ${count(inserted)} inserted, ${count(updated)} updated, ${count(deleted)} deleted`;
}

export function printStep(number: number, { title, link, lines }: Step): void {
  console.log(`\n${number}. ${title}${link === undefined ? '' : `\n   ${link}`}`);
  for (const line of lines) console.log(`   ${line}`);
}

export { count };
