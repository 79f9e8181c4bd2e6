import { setImmediate } from 'node:timers/promises';
import { CsvScanner, type WatchedColumn } from '../tables/csv-scan.js';
import { badEncoding } from '../tables/errors.js';
import { KeyHash } from '../tables/key-hash.js';
import { KeyIndex } from '../tables/key-index.js';
import { Utf8Guard } from '../tables/utf8-guard.js';
import { findDuplicates, type Feed } from './duplicate-keys.js';
import { RowList } from './row-list.js';
import type { UploadPattern } from '../../contracts/titan-common.js';
import { badCodes, missingForUpserts, missingValues, unexpectedCodes } from './upload-refusals.js';
import type { UploadPlan } from './upload-rules.js';

const SPACE = 0x20;

export interface UploadScanOptions {
  /** Names the table in errors. */
  table: string;
  pattern: UploadPattern;
  header: readonly string[];
  plan: UploadPlan;
  /** Folder for what does not fit into memory. */
  directory: string;
}

/** Looks at every byte of a file once, by the plan made from its header. Chunks may be cut anywhere. */
export class UploadScan {
  private readonly scanner: CsvScanner;
  private readonly utf8 = new Utf8Guard();
  private readonly hash = new KeyHash();
  private readonly keys: KeyIndex | undefined;
  private readonly watch: WatchedColumn[] = [];
  private readonly keySlots: Int32Array;
  private readonly requiredSlots: { slot: number; inDeletes: boolean; missing: boolean }[];
  private readonly codeSlot: number;
  private readonly blankSlot: number;

  private readonly badCodes = new RowList();
  private readonly filledCodes = new RowList();
  private readonly missingValues = new RowList();
  private firstUpsert: number | undefined;

  constructor(private readonly options: UploadScanOptions) {
    const { plan, directory } = options;
    this.keySlots = Int32Array.from(plan.keys, (index) => this.slotOf(index, true));
    this.requiredSlots = plan.required.map(({ index, inDeletes }) => ({
      slot: this.slotOf(index, false),
      inDeletes,
      missing: false,
    }));
    this.codeSlot = plan.tranCode === undefined ? -1 : this.slotOf(plan.tranCode, true);
    this.blankSlot = plan.blankCode === undefined ? -1 : this.slotOf(plan.blankCode, true);
    this.keys = plan.keys.length === 0 ? undefined : new KeyIndex(directory);
    this.scanner = new CsvScanner({
      where: options.table,
      strict: true,
      onHeader: () => this.watch,
      ...(this.watch.length === 0 ? {} : { onRow: () => this.checkRow() }),
    });
  }

  get rows(): number {
    return this.scanner.rows;
  }

  /** Errors: `BAD_ENCODING`, `MALFORMED_CSV`. What else is wrong is collected for `finish`. */
  async push(chunk: Uint8Array): Promise<void> {
    const good = this.utf8.check(chunk);
    this.scanner.push(good < 0 ? chunk : chunk.subarray(0, good));
    if (good >= 0) throw badEncoding(`${this.options.table}, row ${this.scanner.rows + 1}`);
    if (this.keys?.isFull === true) await this.keys.spill();
  }

  /**
   * To be called behind the last chunk. Errors: those of `push`, `BAD_TRANSACTION_CODES`, `UNEXPECTED_TRANSACTION_CODES`,
   * `MISSING_REQUIRED_VALUES`, `MISSING_COLUMNS`, `DUPLICATE_KEYS`. `again` feeds the file once more, should keys have to be compared.
   */
  async finish(again: Feed): Promise<void> {
    const { table, plan, header, pattern } = this.options;
    if (this.utf8.incomplete) throw badEncoding(`${table}, row ${this.scanner.rows + 1}`);
    this.scanner.end();
    if (this.badCodes.count > 0) throw badCodes(table, this.badCodes.text());
    if (this.filledCodes.count > 0) throw unexpectedCodes(table, pattern, this.filledCodes.text());
    if (this.firstUpsert !== undefined && plan.missingForUpserts.length > 0) {
      throw missingForUpserts(table, plan.missingForUpserts, this.firstUpsert);
    }
    if (this.missingValues.count > 0) {
      const names = plan.required.flatMap(({ index }, place) =>
        this.requiredSlots[place]?.missing === true ? [header[index] ?? ''] : [],
      );
      throw missingValues(table, names, this.missingValues.text());
    }
    if (this.keys === undefined) return;
    const repeated = await this.keys.repeated(pauses());
    if (repeated.rows === 0) return;
    const keyNames = plan.keys.map((index) => header[index] ?? '');
    await findDuplicates({ table, keyNames, hash: this.hash, repeated, feed: again });
  }

  async dispose(): Promise<void> {
    await this.keys?.dispose();
  }

  private slotOf(index: number, bytes: boolean): number {
    const slot = this.watch.findIndex((watched) => watched.index === index);
    if (slot < 0) return this.watch.push({ index, bytes }) - 1;
    if (bytes) this.watch[slot] = { index, bytes };
    return slot;
  }

  private checkRow(): void {
    const { scanner } = this;
    let isDelete = false;
    if (this.codeSlot >= 0) {
      const code = this.codeOf(this.codeSlot);
      isDelete = code === 'd';
      if (code === undefined || code === '') this.badCodes.add(scanner.rows);
      else if (!isDelete) this.firstUpsert ??= scanner.rows;
    }
    if (this.blankSlot >= 0 && this.codeOf(this.blankSlot) !== '') this.filledCodes.add(scanner.rows);
    let missing = false;
    for (const required of this.requiredSlots) {
      if (!scanner.isNull(required.slot) || (isDelete && !required.inDeletes)) continue;
      missing = required.missing = true;
    }
    if (missing) this.missingValues.add(scanner.rows);
    else if (this.keys !== undefined) {
      // A key with a NULL was counted as missing: NULL equals nothing.
      this.hash.of(scanner.watched, scanner.starts, scanner.ends, this.keySlots);
      this.keys.add(this.hash.high, this.hash.low);
    }
  }

  /** `i`, `u` or `d`, blanks and case aside; '' when blank; undefined for anything else. */
  private codeOf(slot: number): 'i' | 'u' | 'd' | '' | undefined {
    const { watched } = this.scanner;
    let start = this.scanner.starts[slot] ?? 0;
    let end = this.scanner.ends[slot] ?? 0;
    while (start < end && (watched[start] ?? 0) <= SPACE) start += 1;
    while (end > start && (watched[end - 1] ?? 0) <= SPACE) end -= 1;
    if (end === start) return '';
    return end - start === 1 ? CODES[(watched[start] ?? 0) | 0x20] : undefined;
  }
}

const CODES: Record<number, 'i' | 'u' | 'd' | undefined> = { 0x69: 'i', 0x75: 'u', 0x64: 'd' };

/** Longest stretch of work without letting the event loop turn, in milliseconds. */
const STRETCH_MS = 10;

/** Lets the event loop turn when the stretch is over. */
export function pauses(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
