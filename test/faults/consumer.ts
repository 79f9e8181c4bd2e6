import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Findings } from './findings.js';
import { ABBREVIATION, type Stage } from './scenario.js';
import { filesBelow, parseRows, textOf } from './store-files.js';
import { keyOf, type Row } from './table-model.js';

type Rows = Map<string, Row>;

/** What the result of a download says of one table. */
export interface Told {
  table: string;
  lastChange?: string | null | undefined;
}

/** Somebody who works with what arrives in the store: whole tables, and deltas that are applied to them once and removed. */
export class Consumer {
  /** What the tables' files must hold: as of the latest whole download. */
  private readonly files = new Map<string, Rows>();
  /** What the consumer has made of files and deltas: must be what the server has. */
  private readonly tables = new Map<string, Rows>();
  private readonly marks = new Map<string, string>();

  constructor(private readonly stage: Stage) {}

  /** The instant from which the next delta has to begin; undefined before the first download. */
  mark(): string | undefined {
    const marks = [...this.marks.values()].sort();
    return marks.length < this.stage.models.size ? undefined : marks[0];
  }

  /** After a whole download. */
  async takeTables(told: readonly Told[]): Promise<void> {
    for (const [name, model] of this.stage.models) {
      this.files.set(name, model.liveRows());
      this.tables.set(name, model.liveRows());
    }
    this.advance(told);
    await this.look();
  }

  /** After an incremental download: one delta for each table, applied to what is there and removed. */
  async takeDeltas(told: readonly Told[]): Promise<void> {
    const { cell, models, findings } = this.stage;
    const deltas = (await filesBelow(cell.storeFolder)).filter((file) => file.startsWith(`deltas${path.sep}`));
    for (const [name, model] of models) {
      const mine = deltas.filter((file) => path.basename(file).startsWith(`${ABBREVIATION}_${name}.delta-`));
      if (mine.length > 1) findings.add('duplicated', `${mine.length} deltas of ${name} in one run`, mine.length - 1);
      findings.expect(mine.length > 0, `no delta of ${name}`);
      const table = this.tables.get(name) ?? new Map<string, Row>();
      for (const file of mine) {
        applyDelta(table, parseRows((await textOf(path.join(cell.storeFolder, file))) ?? ''));
        await rm(path.join(cell.storeFolder, file));
      }
      findings.compareRows(`${name} by its deltas`, model.liveRows(), [...table.values()]);
    }
    this.advance(told);
    await this.look();
  }

  /** Every table's file as it was received whole, and no other one. */
  async look(): Promise<void> {
    const { cell, models, findings } = this.stage;
    const expected = [...models.keys()].map((name) => `${ABBREVIATION}_${name}.csv`);
    const strange = (await filesBelow(cell.storeFolder)).filter(
      // A worker that stands still may have one in hand.
      (file) => !expected.includes(file) && !(cell.hasFrozen() && file.endsWith('.tmp')),
    );
    findings.expect(strange.length === 0, `the store holds ${strange.join(', ')}`);
    for (const [name, rows] of this.files) {
      findings.compareRows(name, rows, parseRows((await textOf(this.fileOf(name))) ?? ''));
    }
  }

  /** A reader finds the old table or the new one, each whole. */
  async lookMidway(): Promise<void> {
    const { models, findings } = this.stage;
    for (const [name, model] of models) {
      const rows = parseRows((await textOf(this.fileOf(name))) ?? '');
      const wanted = [this.files.get(name) ?? new Map<string, Row>(), model.liveRows()];
      const differences = wanted.map((either) => {
        const against = new Findings(() => 'midway');
        against.compareRows(name, either, rows);
        return against.total();
      });
      findings.expect(differences.includes(0), `midway the file of ${name} is neither the old one nor the new one`);
    }
  }

  private fileOf(name: string): string {
    return path.join(this.stage.cell.storeFolder, `${ABBREVIATION}_${name}.csv`);
  }

  /** The largest instant received may stay, never go back. */
  private advance(told: readonly Told[]): void {
    for (const { table, lastChange } of told) {
      const before = this.marks.get(table) ?? '';
      if (typeof lastChange !== 'string') continue;
      if (lastChange < before) this.stage.findings.add('watermarkWentBack', `${table}: ${before} to ${lastChange}`);
      this.marks.set(table, lastChange);
    }
  }
}

/** In the order of the versions: the code says what became of the record. */
function applyDelta(table: Rows, delta: readonly Row[]): void {
  for (const row of delta) {
    if (row['trdm_tran_code'] === 'd') table.delete(keyOf(row));
    else table.set(keyOf(row), row);
  }
}
