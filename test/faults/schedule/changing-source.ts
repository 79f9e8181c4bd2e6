import { setTimeout as sleep } from 'node:timers/promises';
import { BRANCH } from '../scenario.js';
import { Random } from '../random.js';
import { beginSource, growSource } from '../source-rows.js';
import { TableModel } from '../table-model.js';
import type { TargetTable } from '../target-table.js';
import { conventionKeyOf, TITAN_TABLES } from './pipelines.js';
import type { ScheduleCell } from './schedule-cell.js';

/**
 * Rows that may wait in PostgreSQL: whoever changes more than can be read keeps one run going for ever, which is what a run is to do, but
 * not what is looked at here.
 */
const WAITING_ROWS = 1_000;

const PATTERNS = ['full', 'incremental_upsert_only', 'incremental_with_delete'] as const;

/** Somebody who goes on changing what the pipelines read, and knows what there must be. */
export class ChangingSource {
  /** What the tables of TitanRDM hold, by physical name. */
  readonly models: ReadonlyMap<string, TableModel>;
  /** Rows in PostgreSQL so far. */
  rows = 0;
  private over = false;
  private changing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly cell: ScheduleCell,
    /** What the rows are brought into. */
    private readonly targets: readonly TargetTable[],
    private readonly seed: number,
    /** In every row: found outside of the tables, a row has leaked. */
    private readonly word: string,
  ) {
    const random = new Random(seed);
    this.models = new Map(
      Object.entries(TITAN_TABLES).map(([name, size]) => [
        name,
        new TableModel(conventionKeyOf(name), size, word, random),
      ]),
    );
  }

  /** Goes on until `stop`. */
  async start(): Promise<void> {
    await beginSource(this.cell.database);
    this.changing = Promise.all([this.changeRows(), this.changeTables()]);
    // `stop` waits for it: until then nobody would hear of its error.
    this.changing.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.changing;
  }

  /** Some rows several times a second, now and then as many as several batches. */
  private async changeRows(): Promise<void> {
    const random = new Random(this.seed + 1);
    while (!this.over) {
      const rows = random.next() < 0.03 ? 200 + random.below(200) : 1 + random.below(12);
      await growSource(this.cell.database, {
        rows,
        padding: random.below(400),
        isKeyed: false,
        word: this.word,
      });
      this.rows += rows;
      await sleep(100 + random.below(300));
      await this.untilRead();
    }
  }

  /** While too many rows wait. */
  private async untilRead(): Promise<void> {
    while (!this.over && this.rows - (await this.leastArrived()) > WAITING_ROWS) await sleep(100);
  }

  /** Rows that every target has. */
  private async leastArrived(): Promise<number> {
    const marks = await Promise.all(this.targets.map((target) => target.watermark()));
    return Math.min(...marks.map((mark) => mark ?? 0));
  }

  /** Another load for one of the tables, about every second. */
  private async changeTables(): Promise<void> {
    const random = new Random(this.seed + 2);
    const models = [...this.models];
    while (!this.over) {
      const chosen = models[random.below(models.length)];
      if (chosen === undefined) return;
      const [name, model] = chosen;
      const load = model.nextLoad(PATTERNS[random.below(PATTERNS.length)] ?? 'full');
      await this.cell.titan.tenant.load(BRANCH, name.toUpperCase(), load.pattern, load.csv);
      load.commit();
      await sleep(300 + random.below(1_200));
    }
  }
}
