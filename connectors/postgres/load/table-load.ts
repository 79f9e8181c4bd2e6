import type { ClientBase } from 'pg';
import type { IngestedTable } from '../../../contracts/postgres-results.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { type ColumnType, readColumnTypes } from '../encode/column-types.js';
import { failureOf } from '../failure-of.js';
import type { IngestSettings } from '../ingest-options.js';
import { prepareTable } from '../migrate/index.js';
import { AppendAside } from '../parallel/append-aside.js';
import { mayPart } from '../parallel/may-part.js';
import type { SideSession } from '../parallel/side-session.js';
import type { PreparedTable, TableOf } from '../port.js';
import { readTableComment } from '../watermark/store.js';
import { copyOrQuarantine } from '../quarantine/copy-or-quarantine.js';
import { append, type CopyOptions, copyRows, type WriteRows } from './append.js';
import type { CopySource, Portion } from './portion.js';
import { stageChanged } from '../unchanged/stage-changed.js';
import { addKeys, upsert, type StageRows } from './upsert.js';

export interface AddOptions {
  signal: AbortSignal;
  /** A session that helps to copy rows; left out where there is to be none. */
  side?: SideSession | undefined;
  /** Told once the portion is used up, where that is before the server has all of it. */
  onSent?: (() => unknown) | undefined;
}

/** One table of a call, from batch to batch. The first batch migrates it; later ones write to the live table. */
export class TableLoad {
  #prepared: PreparedTable | undefined;
  #types: readonly ColumnType[] | undefined;
  #migration: IngestedTable['migration'] = 'kept';
  #rows = 0;
  #quarantined = 0;
  /** Of the open batch. */
  #arrived = 0;
  #refused = 0;
  /** The new table has its keys already. */
  #isKeyed = false;
  readonly #isUpsert: boolean;

  constructor(
    private readonly table: PostgresTable,
    private readonly settings: Pick<IngestSettings, 'upsert' | 'quarantine' | 'run'>,
  ) {
    this.#isUpsert = settings.upsert === '__IF_PRIMARY_KEY__' && table.primaryKey !== undefined;
  }

  /** Rows of the open batch. */
  get arrived(): number {
    return this.#arrived;
  }

  /** The table that the rows of the open batch go to. */
  get writeTo(): TableOf {
    const { schema, name } = this.#prepared?.writeTo ?? this.table;
    return { schema, name };
  }

  async prepare(client: ClientBase, deleteFirst: boolean): Promise<void> {
    try {
      const { exists } = await readTableComment(client, this.table);
      this.#prepared = await prepareTable(client, this.table, { deleteFirst });
      this.#migration = !exists ? 'created' : this.#prepared.isReplacement ? 'replaced' : 'kept';
    } catch (error) {
      throw failureOf(error, 'making the table ready', this.table);
    }
  }

  async add(client: ClientBase, portion: Portion, { signal, side: helper, onSent }: AddOptions): Promise<void> {
    this.#types ??= await this.#readTypes(client);
    const firstRow = this.#arrived + this.#refused + 1;
    const isLenient = this.settings.quarantine !== undefined;
    const source = await portion.open(this.#types, firstRow, isLenient);
    const options = { firstRow, signal };
    // What comes by way of a quarantine lies in no order, so that only a key tells which rows of an earlier portion a later one replaces.
    if (isLenient && this.#isUpsert && firstRow > 1) await this.#addKeys(client);
    const isBare = this.#prepared?.isBare === true && !this.#isKeyed;
    const side = isLenient ? undefined : helper;
    // Into a table that nobody sees yet rows go as they are, repeated keys and all; building the key at the end is cheaper than keeping it.
    if (this.#isUpsert && !isBare) {
      const place = { writeTo: this.writeTo, table: this.table, types: this.#types, side };
      this.#arrived += await upsert(client, place, this.#staging(source, this.#types, options));
      return;
    }
    // The next upsert compares its rows with the table in the order in which it lies: a new one is to lie in the source's.
    const mayHelp = side !== undefined && (isBare ? !this.#isUpsert : await mayPart(client, this.writeTo));
    const second = mayHelp ? new AppendAside(side, this.#types) : undefined;
    const write = this.#writing(source, this.#types, { ...options, second, onSent });
    this.#arrived += await append(client, this.writeTo, this.table, write, { freeze: isBare });
  }

  async finish(client: ClientBase): Promise<void> {
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    await this.#addKeys(client);
    try {
      await prepared.finish();
    } catch (error) {
      throw failureOf(error, 'building the indexes', this.table);
    }
  }

  async swap(): Promise<void> {
    try {
      await this.#prepared?.swap();
    } catch (error) {
      throw failureOf(error, 'putting the new table in place of the old one', this.table);
    }
  }

  /** Returns the rows that arrived with the batch. */
  committed(): number {
    const arrived = this.#arrived;
    this.#rows += arrived;
    this.#quarantined += this.#refused;
    this.#arrived = 0;
    this.#refused = 0;
    this.#prepared = undefined;
    this.#isKeyed = false;
    return arrived;
  }

  rolledBack(): void {
    this.#arrived = 0;
    this.#refused = 0;
    // What became of the table in the first batch was undone with it.
    if (this.#prepared !== undefined) this.#migration = 'kept';
    this.#prepared = undefined;
  }

  result(): IngestedTable {
    const { schema, name } = this.table;
    return { schema, table: name, rows: this.#rows, quarantined: this.#quarantined, migration: this.#migration };
  }

  /** Once per batch, where the table is not the live one. */
  async #addKeys(client: ClientBase): Promise<void> {
    const prepared = this.#prepared;
    if (prepared === undefined || this.#isKeyed) return;
    await addKeys(client, prepared, { lastWins: this.#isUpsert && prepared.isBare });
    this.#isKeyed = true;
  }

  #writing(source: CopySource, types: readonly ColumnType[], options: CopyOptions): WriteRows {
    const { quarantine, run } = this.settings;
    if (quarantine === undefined) return (client, target) => copyRows(client, target, source, options);
    return async (client, { into }) => {
      const constraintsOf = this.writeTo;
      const { rows, quarantined } = await copyOrQuarantine(client, source, {
        table: this.table,
        into,
        types,
        constraintsOf,
        quarantine,
        run,
        lastOf: this.#isUpsert ? this.table.primaryKey : undefined,
        ...options,
      });
      this.#refused += quarantined;
      return rows;
    };
  }

  #staging(
    source: CopySource,
    types: readonly ColumnType[],
    options: Pick<CopyOptions, 'firstRow'> & { signal: AbortSignal },
  ): StageRows {
    if (this.settings.quarantine === undefined) {
      const live = { live: this.writeTo, types, key: this.table.primaryKey ?? [] };
      return (client, target, second) => stageChanged(client, target, source, { ...live, ...options, second });
    }
    const write = this.#writing(source, types, options);
    return async (client, target) => {
      const rows = await write(client, target);
      return { rows, staged: rows, isAwaited: true };
    };
  }

  async #readTypes(client: ClientBase): Promise<readonly ColumnType[]> {
    try {
      const live = new Map((await readColumnTypes(client, this.writeTo)).map((column) => [column.name, column]));
      return this.table.columns.map(({ name }) => {
        const column = live.get(name);
        if (column === undefined) throw new TypeError(`the table has no column ${JSON.stringify(name)}`);
        return column;
      });
    } catch (error) {
      throw failureOf(error, 'reading the types of its columns', this.table);
    }
  }
}
