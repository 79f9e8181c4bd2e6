import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import { receive } from '../../tables/csv-file.js';
import { CsvObserver } from '../../tables/csv-observer.js';
import { badTableName } from '../../tables/errors.js';
import type {
  Changes,
  CsvTable,
  StoredDelta,
  TablePresence,
  TableStore,
  WriteOptions,
  WrittenTable,
} from '../../tables/port.js';
import { createSpoolFile, spoolDirectory } from '../../tables/spool.js';
import type { Postgres } from '../client.js';
import { quoteName, quoteTable } from '../quote.js';
import { DELETED_AT_COLUMN } from './column-types.js';
import type { RowSource } from './describe-rows.js';
import { checkSchema, columnsOf, presence, tablesOf } from './look-ups.js';
import { findQuery, type QueryOptions } from './queries.js';
import { changedRows } from './read-changes.js';
import { readRows } from './read-rows.js';
import { told } from './session.js';
import type { TablePlan } from './table-plan.js';
import { writeRows } from './write-rows.js';

export interface PostgresStoreOptions extends QueryOptions {
  database: Pick<Postgres, 'use' | 'transaction' | 'check' | 'close'>;
  /** Schema whose tables are the store's. The first write creates it where it is missing. */
  schema: string;
  /** What becomes of rows that TitanRDM has deleted: removed (the default), or kept with `tidemark_deleted_at` filled in. */
  deletes?: 'hard' | 'soft' | undefined;
  /** Folder for temporary files; one of this user's own in the system's temporary folder when left out. */
  spoolDirectory?: string | undefined;
}

interface CallOptions {
  signal?: AbortSignal;
}

/** Longest name that PostgreSQL keeps whole, in bytes. */
const MAX_NAME_BYTES = 63;

/**
 * Tables as those of one schema in PostgreSQL, named by the convention key. What is downloaded is received into a temporary file first,
 * so that no transaction waits for the network; then one transaction does all, and readers see the rows of before or those of after.
 *
 * Deltas are merged at once, by primary key; those of a download with histories add versions.
 */
export class PostgresStore implements TableStore {
  readonly needsTypes = true;
  readonly queries: NonNullable<TableStore['queries']>;
  readonly changes: NonNullable<TableStore['changes']>;
  private readonly options: PostgresStoreOptions;

  constructor(options: PostgresStoreOptions) {
    this.options = options;
    this.queries = {
      read: async (query, { signal }: CallOptions = {}) => {
        const source = findQuery(query, options);
        const table = await readRows(options.database, () => Promise.resolve(source), {
          doing: `reading ${source.what}`,
          signal,
        });
        if (table === undefined) throw new Error('a query has rows or fails');
        return table;
      },
      probe: async (query, { signal }: CallOptions = {}) => {
        const source = findQuery(query, options);
        return this.doing(`looking at ${source.what}`, signal, (client) => presence(client, source.from, ''));
      },
    };
    this.changes = {
      read: (table, changes, { signal }: CallOptions = {}) => this.readChanges(table, changes, signal),
      probe: async (table, changes, { signal }: CallOptions = {}) =>
        this.doing(`looking at table "${table}"`, signal, async (client) => {
          const source = await this.sourceOf(client, table);
          if (source === undefined) return 'absent';
          return (await changedRows(client, source, changes)) === undefined ? 'empty' : 'rows';
        }),
    };
  }

  async list({ signal }: CallOptions = {}): Promise<string[]> {
    return this.doing('listing tables', signal, (client) => tablesOf(client, this.options.schema));
  }

  /** Of tables, partitioned tables, views, materialized views and foreign tables. */
  async read(table: string, { signal }: CallOptions = {}): Promise<CsvTable | undefined> {
    const find = (client: ClientBase): Promise<RowSource | undefined> => this.sourceOf(client, table);
    return readRows(this.options.database, find, { doing: `reading table "${table}"`, signal });
  }

  async probe(table: string, { signal }: CallOptions = {}): Promise<TablePresence> {
    return this.doing(`looking at table "${table}"`, signal, async (client) => {
      const columns = await columnsOf(client, this.options.schema, table);
      if (columns === undefined) return 'absent';
      const isMarked = columns.includes(DELETED_AT_COLUMN);
      return presence(client, this.quoted(table), isMarked ? ` WHERE ${quoteName(DELETED_AT_COLUMN)} IS NULL` : '');
    });
  }

  async write(table: string, csv: Readable, options: WriteOptions): Promise<WrittenTable> {
    csv.on('error', () => undefined);
    try {
      if (Buffer.byteLength(table) > MAX_NAME_BYTES)
        throw badTableName(table, `PostgreSQL keeps ${MAX_NAME_BYTES} bytes of a name`);
      return await this.receiveAndWrite(table, csv, options);
    } finally {
      csv.destroy();
    }
  }

  /** None: what a delta holds is in the table. */
  listDeltas(): Promise<StoredDelta[]> {
    return Promise.resolve([]);
  }

  removeDelta(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async check(): Promise<void> {
    await this.doing('trying the connection', undefined, (client) => checkSchema(client, this.options.schema));
  }

  close(): Promise<void> {
    return this.options.database.close();
  }

  private async receiveAndWrite(table: string, csv: Readable, options: WriteOptions): Promise<WrittenTable> {
    const { mode, columns = [], largestOf, signal, verify, history = false } = options;
    const { database, schema, deletes } = this.options;
    const observer = new CsvObserver({
      where: `table "${table}"`,
      ...(largestOf === undefined ? {} : { maxOf: largestOf }),
    });
    const spool = await createSpoolFile(await spoolDirectory(this.options.spoolDirectory), 'table');
    try {
      const bytes = await receive(csv, spool.handle, observer, signal);
      const { rows, header, max: largest = null } = observer;
      const stillWanted = (): void => {
        signal?.throwIfAborted();
        verify?.({ rows, bytes, largest });
      };
      stillWanted();
      const work = {
        schema,
        name: table,
        path: spool.path,
        header,
        rows,
        mode,
        columns,
        history,
        soft: deletes === 'soft',
        verify: stillWanted,
      };
      const { unknownTypes } = await database
        .transaction((client) => writeRows(client, work), { signal })
        .catch((error: unknown) => {
          throw signal?.aborted === true ? signal.reason : told(error, { doing: 'writing', table: this.quoted(table) });
        });
      return {
        table,
        rows,
        bytes,
        ...(largestOf === undefined ? {} : { largest }),
        ...(unknownTypes.length === 0 ? {} : { warnings: [keptAsText(unknownTypes)] }),
      };
    } finally {
      await spool.remove();
    }
  }

  private async readChanges(
    table: string,
    changes: Changes,
    signal: AbortSignal | undefined,
  ): ReturnType<NonNullable<TableStore['changes']>['read']> {
    const found = { isThere: false, mark: '' };
    const find = async (client: ClientBase): Promise<RowSource | undefined> => {
      const source = await this.sourceOf(client, table);
      found.isThere = source !== undefined;
      const changed = source && (await changedRows(client, source, changes));
      if (source === undefined || changed === undefined) return undefined;
      found.mark = changed.mark;
      return { ...source, condition: changed.condition };
    };
    const csv = await readRows(this.options.database, find, { doing: `reading table "${table}"`, signal });
    if (csv !== undefined) return { csv, mark: found.mark };
    return found.isThere ? 'nothing new' : undefined;
  }

  private async sourceOf(client: ClientBase, table: string): Promise<RowSource | undefined> {
    const columns = await columnsOf(client, this.options.schema, table);
    return columns === undefined ? undefined : { from: this.quoted(table), what: `table "${table}"` };
  }

  private quoted(table: string): string {
    return quoteTable({ schema: this.options.schema, name: table });
  }

  private async doing<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (client: ClientBase) => Promise<T>,
  ): Promise<T> {
    return this.options.database.use(work, { signal }).catch((error: unknown) => {
      throw signal?.aborted === true ? signal.reason : told(error, { doing: what });
    });
  }
}

/** Columns that a warning names; a table may have hundreds. */
const MAX_NAMED = 10;

function keptAsText(columns: TablePlan['unknownTypes']): string {
  const named = columns.slice(0, MAX_NAMED).map(({ column, dataType }) => `"${column}" (${dataType})`);
  const more = columns.length > MAX_NAMED ? ` and ${columns.length - MAX_NAMED} more` : '';
  return `Kept as text, since PostgreSQL has no counterpart of the data type: ${named.join(', ')}${more}.`;
}
