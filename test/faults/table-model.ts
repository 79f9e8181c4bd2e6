import type { UploadPattern } from '../../contracts/titan-common.js';
import type { Random } from './random.js';

export type Row = Record<string, string | null>;

/** What the server must hold of one record. */
interface RecordModel {
  live: boolean;
  row: Row;
  /** Versions that the server must have written. */
  versions: number;
  /** Imports that must have touched it. */
  applied: number;
}

/** Columns of every table of the campaign: a key of two columns, one with leading zeros. */
export const COLUMNS = [
  { name: 'code', dataType: 'varchar', primaryKey: true },
  { name: 'region', dataType: 'varchar', primaryKey: true },
  { name: 'label', dataType: 'varchar' },
  { name: 'amount', dataType: 'numeric' },
  { name: 'note', dataType: 'varchar' },
  { name: 'generation', dataType: 'integer' },
];
const CODE_COLUMN = 'trdm_tran_code';
const REGIONS = ['north', 'south'];
/** Values that a careless tool would change. */
const NOTES = [
  null,
  '',
  'NA',
  'null',
  'a,b',
  'she said "no"',
  'two\nlines',
  'Zürich ✓',
  '9007199254740993',
  ' spaced ',
];

/** A file for a table, and the truth once it has been applied. */
export interface Load<Pattern extends UploadPattern = UploadPattern> {
  pattern: Pattern;
  csv: string;
  /** Rows that are sent: of `auto`, for which every row of the file is new or changed, those that vanish too. */
  rows: number;
  /** Versions that it makes the server write. */
  versions: number;
  /** To be called once when the load was applied. */
  commit: () => void;
}

/** What a table must hold after each load, computed apart from all code under test. */
export class TableModel {
  private readonly records = new Map<string, RecordModel>();
  private generation = 0;

  /** `mark` is a word in every row: found in a history or a log, it is a leak. */
  constructor(
    readonly conventionKey: string,
    private readonly size: number,
    private readonly mark: string,
    private readonly random: Random,
  ) {}

  /** Makes the next load: every row of it differs from the record's current version. `padding` characters fatten each row. */
  nextLoad<Pattern extends UploadPattern>(pattern: Pattern, padding = 0): Load<Pattern> {
    this.generation += 1;
    const wanted = isWhole(pattern) ? 0.9 : 0.5;
    const rows: Row[] = [];
    for (let index = 0; index < this.size; index += 1) {
      if (this.random.next() < wanted) rows.push(this.row(index, padding));
    }
    const codes = rows.map((row) => this.codeFor(pattern, row));
    const columns = COLUMNS.map(({ name }) => name).concat(pattern === 'incremental_with_delete' ? [CODE_COLUMN] : []);
    const lines = rows.map((row, index) => columns.map((name) => cell(row[name] ?? valueOfCode(name, codes[index]))));
    const csv = [columns, ...lines].map((line) => line.join(',')).join('\n') + '\n';
    const removed = isWhole(pattern) ? this.absentFrom(rows).length : 0;
    const versions = rows.length + removed;
    const sent = pattern === 'auto' ? versions : rows.length;
    return { pattern, csv, rows: sent, versions, commit: () => this.apply(pattern, rows, codes) };
  }

  /** Live records by key. */
  liveRows(): Map<string, Row> {
    const live = [...this.records].filter(([, record]) => record.live);
    return new Map(live.map(([key, record]) => [key, record.row]));
  }

  versions(): number {
    return [...this.records.values()].reduce((sum, { versions }) => sum + versions, 0);
  }

  /** How many records must have been touched by how many imports. */
  timesApplied(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { applied } of this.records.values()) counts[applied] = (counts[applied] ?? 0) + 1;
    return counts;
  }

  private row(index: number, padding: number): Row {
    const note = NOTES[this.random.below(NOTES.length)] ?? null;
    return {
      code: String(Math.floor(index / REGIONS.length)).padStart(5, '0'),
      region: REGIONS[index % REGIONS.length] ?? null,
      label: `${this.mark} ${index} of ${this.generation}${'.'.repeat(padding)}`,
      amount: `${index}.10`,
      note,
      generation: String(this.generation),
    };
  }

  private codeFor(pattern: UploadPattern, row: Row): 'i' | 'u' | 'd' {
    const known = this.records.get(keyOf(row))?.live === true;
    if (pattern === 'incremental_with_delete' && known && this.random.next() < 0.2) return 'd';
    return known ? 'u' : 'i';
  }

  private apply(pattern: UploadPattern, rows: Row[], codes: ('i' | 'u' | 'd')[]): void {
    const absent = isWhole(pattern) ? this.absentFrom(rows) : [];
    for (const [index, row] of rows.entries()) {
      const key = keyOf(row);
      const before = this.records.get(key) ?? { live: false, row, versions: 0, applied: 0 };
      const live = codes[index] !== 'd';
      this.records.set(key, {
        live,
        row: live ? row : before.row,
        versions: before.versions + 1,
        applied: before.applied + 1,
      });
    }
    for (const [key, record] of absent) {
      this.records.set(key, { ...record, live: false, versions: record.versions + 1, applied: record.applied + 1 });
    }
  }

  /** Live records that a whole table without them removes. */
  private absentFrom(rows: readonly Row[]): [string, RecordModel][] {
    const named = new Set(rows.map(keyOf));
    return [...this.records].filter(([key, record]) => record.live && !named.has(key));
  }
}

/** Whether records that are not in the file go. */
function isWhole(pattern: UploadPattern): boolean {
  return pattern === 'full' || pattern === 'auto';
}

export function keyOf(row: Row): string {
  return `${row['code'] ?? ''}/${row['region'] ?? ''}`;
}

function valueOfCode(name: string, code: string | undefined): string | null {
  return name === CODE_COLUMN ? (code ?? null) : null;
}

/** An unquoted empty field is NULL, a quoted one the empty string. */
function cell(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\n\r]/u.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
