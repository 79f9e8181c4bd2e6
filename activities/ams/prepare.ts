import type { CsvTable } from '../../connectors/tables/index.js';
import type { AmsCheckedTable, AmsRefusedTable, AmsStepInput } from '../../contracts/ams-activities.js';
import type { AmsLeftOut } from '../../contracts/ams-results.js';
import type { AmsUpsertOptions } from '../../contracts/ams-inputs.js';
import { TidemarkError } from '../../contracts/errors.js';
import { refuseManyRows } from '../inline-rows.js';
import { openReference } from '../tidemark/open-reference.js';
import type { AmsDependencies } from './dependencies.js';
import { UserDirectory } from './find-users.js';
import { fitRow, valuesOf } from './fit-row.js';
import { matchColumns, type MatchedColumns } from './match-columns.js';
import { refuseOtherForm, refuseReadOnly } from './open-form.js';
import { ProfileSpool } from './profile-spool.js';
import { RefusedRows, Refusals } from './refusals.js';
import { asRowList, GrowingList } from './row-lists.js';
import type { AmsReads } from './run-cache.js';
import { readRows } from './table-rows.js';

/** A table that has been looked at, every row of it, and whose profiles may be sent. */
export interface PreparedProfiles extends AmsCheckedTable {
  spool: ProfileSpool;
}

export interface PrepareContext extends AmsStepInput {
  reads: AmsReads;
  dependencies: AmsDependencies;
  signal: AbortSignal;
  /** Rows read so far. */
  onRows?: (rows: number) => void;
}

/**
 * Looks at everything before anything is sent: the form, its fields, the users, every value. What it returns holds a temporary file:
 * `spool.remove()` when done. Errors: `RefusedRows` for rows that cannot be sent, those of form, table and columns.
 */
export async function prepareProfiles(context: PrepareContext): Promise<PreparedProfiles> {
  const { options, reads, dependencies, signal } = context;
  const form = await reads.form(options.form);
  refuseOtherForm(form);
  refuseReadOnly(form);
  if ('rows' in options.source) refuseManyRows(options.source.rows.length, dependencies.maxInlineRows);
  const csv = await openReference(dependencies.stores, options.source, signal);
  if (csv === undefined) throw noTable(options);
  const spool = await ProfileSpool.create(dependencies.spoolDirectory).catch((error: unknown) => {
    csv.stream.destroy();
    throw error;
  });
  try {
    const users = new UserDirectory(await reads.users(), options.idColumn);
    return await fill(context, { csv, spool, users, match: (header) => matchColumns(header, form, options) });
  } catch (error) {
    await spool.remove();
    throw error;
  } finally {
    csv.stream.destroy();
  }
}

interface Filling {
  csv: CsvTable;
  spool: ProfileSpool;
  users: UserDirectory;
  match: (header: string[]) => MatchedColumns;
}

async function fill(context: PrepareContext, { csv, spool, users, match }: Filling): Promise<PreparedProfiles> {
  const { options, run, dependencies, signal } = context;
  const { results } = dependencies;
  const refusals = new Refusals(results, run);
  const unresolved = new GrowingList<object>(results, run, 'unresolved-users');
  const leftOut: AmsLeftOut = { unknownUsers: 0, superseded: 0, empty: 0 };
  let matched: MatchedColumns | undefined;
  let rows = 0;

  const take = (cells: readonly string[], row: number): void => {
    rows = row;
    const [id = '', ...texts] = cells;
    const found = users.find(id);
    if ('candidates' in found) {
      const { code, reason } = whyNobody(id, found.candidates);
      unresolved.add({ row, reason, candidates: found.candidates, values: valuesOf(matched, options.idColumn, cells) });
      if (options.onUnknownUser === 'quarantine') leftOut.unknownUsers += 1;
      else refusals.add(code, { row, user: null, reason });
      return;
    }
    const { user } = found;
    const { values, problems } = fitRow(matched, texts, options.emptyCells);
    if (problems.length > 0) {
      refusals.add('AMS_VALUES_REFUSED', { row, user, reason: problems.join('; ') });
      return;
    }
    if (Object.keys(values).length === 0) {
      leftOut.empty += 1;
      return;
    }
    const before = spool.rowOf(user);
    if (before !== undefined) {
      if (options.onDuplicateUser === 'fail') {
        refusals.add(
          'AMS_DUPLICATE_USERS',
          { row, user, reason: `row ${before} is for the same user` },
          ` (as ${before})`,
        );
        return;
      }
      leftOut.superseded += 1;
    }
    spool.add({ row, user, values });
  };

  rows = await readRows(csv, {
    where: 'the source table',
    columns: (header) => {
      matched = match(header);
      return [matched.id, ...matched.fields.map(({ index }) => index)];
    },
    row: take,
    pause: async () => {
      await spool.flush();
      await refusals.list.flush(false);
      await unresolved.flush(false);
      context.onRows?.(rows);
    },
    signal,
  });
  if (rows === 0) throw emptyTable();
  await refusals.list.flush(true);
  await unresolved.flush(true);
  const quarantine = await unresolved.reference();
  const error = refusals.error();
  if (error !== undefined) {
    const refused: AmsRefusedTable = {
      rows,
      refused: refusals.rows,
      list: await asRowList(refusals.list, results),
      ...(quarantine === undefined ? {} : { quarantine }),
    };
    throw new RefusedRows(error, refused);
  }
  return {
    spool,
    rows,
    toSend: spool.users,
    leftOut,
    content: spool.content,
    ...(quarantine === undefined ? {} : { quarantine }),
  };
}

function whyNobody(id: string, candidates: readonly number[]) {
  if (candidates.length > 0)
    return { code: 'AMS_AMBIGUOUS_USERS', reason: `it fits ${candidates.length} users` } as const;
  const reason = id.trim() === '' ? 'it names no user' : 'no such user, or none that the account sees';
  return { code: 'AMS_UNKNOWN_USERS', reason } as const;
}

function emptyTable(): TidemarkError {
  return new TidemarkError('The source table has no row: there is nothing to send.', {
    code: 'AMS_EMPTY_TABLE',
    retryable: false,
    mend: 'Look whether what makes the table has run.',
  });
}

function noTable({ source }: AmsUpsertOptions): TidemarkError {
  const name = 'table' in source ? `table '${source.table}' in connection '${source.connection}'` : 'such table';
  return new TidemarkError(`There is no ${name}.`, {
    code: 'AMS_TABLE_NOT_FOUND',
    retryable: false,
    mend: 'Mend its name.',
  });
}
