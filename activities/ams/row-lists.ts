import type { AmsRowFailure } from '../../contracts/ams-results.js';
import type { AmsRowList, AmsRunIdentity } from '../../contracts/ams-activities.js';
import { MAX_LIST_IN_RESULT, type ResultsReference } from '../../contracts/titan-results.js';
import type { ResultsLocation } from '../tidemark/index.js';

const PART_SIZE = 200;

/**
 * A list that grows while a table is worked through, and goes to the results location part by part, so that it needs no memory and
 * outlives the worker. Parts that an earlier attempt wrote after what is known of it are written again.
 */
export class GrowingList<Entry> {
  /** Entries that are written. */
  entries: number;
  /** Parts that are written. */
  parts: number;
  private location = '';
  private waiting: Entry[] = [];

  constructor(
    private readonly results: ResultsLocation,
    private readonly run: AmsRunIdentity,
    private readonly name: string,
    written: { parts: number; entries: number } = { parts: 0, entries: 0 },
  ) {
    this.parts = written.parts;
    this.entries = written.entries;
  }

  add(entry: Entry): void {
    this.waiting.push(entry);
  }

  /** Writes full parts, with `all` what is left too: of what is there now, not of what comes meanwhile. */
  async flush(all: boolean): Promise<void> {
    for (let left = this.waiting.length; left >= PART_SIZE || (all && left > 0);) {
      const some = this.waiting.splice(0, Math.min(left, PART_SIZE));
      left -= some.length;
      this.location = await this.results.write({ ...this.run, name: this.name, part: this.parts + 1 }, some);
      this.parts += 1;
      this.entries += some.length;
    }
  }

  /** Undefined while nothing is written. */
  async reference(): Promise<ResultsReference | undefined> {
    if (this.parts === 0) return undefined;
    // Written by an earlier attempt: writing nothing beside it tells where.
    if (this.location === '')
      this.location = await this.results.write({ ...this.run, name: `${this.name}-end`, part: 1 }, []);
    return { location: this.location, name: this.name, parts: this.parts, entries: this.entries };
  }
}

/** A list of rows as a result carries it: itself, or where it is when it is long. */
export async function asRowList(list: GrowingList<AmsRowFailure>, results: ResultsLocation): Promise<AmsRowList> {
  const reference = await list.reference();
  if (reference === undefined) return { inline: [] };
  if (reference.entries > MAX_LIST_IN_RESULT) return { inline: [], reference };
  // What this very class has written.
  return { inline: (await results.read(reference)) as AmsRowFailure[] };
}
