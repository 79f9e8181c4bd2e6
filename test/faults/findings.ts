import { keyOf, type Row } from './table-model.js';

/** What is counted, over all runs of a scenario. */
export type Tally =
  'rowsExpected' | 'lost' | 'duplicated' | 'wrong' | 'watermarkWentBack' | 'overlapped' | 'stuck' | 'leaked';

/** What a scenario found wrong: each a count that must be 0, and words for who looks into it. */
export class Findings {
  /** Records that should be there and are not. */
  lost = 0;
  /** Records, versions or files too many. */
  duplicated = 0;
  /** Values, results or states that are not what they must be. */
  wrong = 0;
  /** High watermarks that went back. */
  watermarkWentBack = 0;
  /** Runs of one pipeline that were at work at the same time. */
  overlapped = 0;
  /** Runs that did not end by themselves. */
  stuck = 0;
  /** Secrets, tokens, signed addresses or rows in a history, log or error. */
  leaked = 0;
  /** Records that had to be in the target, over all runs. */
  rowsExpected = 0;
  readonly words: string[] = [];

  /** Where the words say they were found: the run in hand. */
  constructor(private readonly where: () => string) {}

  add(what: Exclude<Tally, 'rowsExpected'>, words: string, count = 1): void {
    this[what] += count;
    this.words.push(`${this.where()}: ${what}: ${words}`);
  }

  expect(condition: boolean, words: string): void {
    if (!condition) this.add('wrong', words);
  }

  /** Compares what is there with what must be there, record by record. Values are never repeated in the words. */
  compareRows(table: string, expected: ReadonlyMap<string, Row>, actual: readonly Row[]): void {
    this.rowsExpected += expected.size;
    const seen = new Set<string>();
    const wrong = new Set<string>();
    let repeated = 0;
    let strange = 0;
    for (const row of actual) {
      const key = keyOf(row);
      const wanted = expected.get(key);
      if (seen.has(key)) repeated += 1;
      else if (wanted === undefined) strange += 1;
      else for (const name of Object.keys(wanted)) if (row[name] !== wanted[name]) wrong.add(name);
      seen.add(key);
    }
    const lost = [...expected.keys()].filter((key) => !seen.has(key)).length;
    if (lost > 0) this.add('lost', `${lost} of ${expected.size} records of ${table} are not there`, lost);
    if (repeated > 0) this.add('duplicated', `${repeated} records of ${table} are there more than once`, repeated);
    if (strange > 0) this.add('wrong', `${strange} records of ${table} should not be there`, strange);
    if (wrong.size > 0) this.add('wrong', `${table} has other values in ${[...wrong].join(', ')}`);
  }

  total(): number {
    const { lost, duplicated, wrong, watermarkWentBack, overlapped, stuck, leaked } = this;
    return lost + duplicated + wrong + watermarkWentBack + overlapped + stuck + leaked;
  }
}
