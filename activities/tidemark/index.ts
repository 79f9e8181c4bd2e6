import type { ChangesWanted, Presence, TidemarkActivities } from '../../contracts/activities.js';
import type { TableReference } from '../../contracts/table-reference.js';
import { TidemarkError } from '../../contracts/errors.js';
import type { TableStore } from '../../connectors/tables/index.js';
import { named } from '../registry.js';
import { runStep } from '../step.js';
import { refuseManyRows } from '../inline-rows.js';
import { changesOf, queriesOf } from './open-reference.js';
import type { ResultsLocation } from './results-folder.js';

export { ResultsFolder, type ResultsLocation } from './results-folder.js';
export { ResultsS3 } from './results-s3.js';

export interface TidemarkDependencies {
  stores: Readonly<Record<string, TableStore>>;
  /** Where lists too long for a workflow's result go. */
  results: ResultsLocation;
  /** Most inline rows of a table; see `refuseManyRows`. */
  maxInlineRows?: number;
}

/** Looking at a table is mostly waiting, for a disk or a share. */
const PROBES_AT_A_TIME = 16;

/** Steps that belong to no system of their own. */
export function createTidemarkActivities({ stores, results, maxInlineRows }: TidemarkDependencies): TidemarkActivities {
  return {
    tidemarkProbeTables: ({ sources, changes = [] }) =>
      runStep(async ({ signal }) => {
        for (const source of sources) if ('rows' in source) refuseManyRows(source.rows.length, maxInlineRows);
        const presences: Presence[] = [];
        for (let first = 0; first < sources.length; first += PROBES_AT_A_TIME) {
          const some = sources.slice(first, first + PROBES_AT_A_TIME);
          const looks = some.map((source, index) => probe(stores, source, changes[first + index] ?? null, signal));
          presences.push(...(await Promise.all(looks)));
        }
        return presences;
      }),

    tidemarkSaveResults: (input) =>
      runStep(async () => {
        const entries = input.from === undefined ? (input.entries ?? []) : await results.read(input.from);
        const location = await results.write(input, entries);
        return { location, entries: entries.length };
      }),
  };
}

/** Errors of a store that is not there, or lets nobody in: they are the whole run's. */
const STORES_OWN = new Set([
  'STORE_NOT_FOUND',
  'POSTGRES_AUTHENTICATION',
  'POSTGRES_NO_DATABASE',
  'POSTGRES_OPTIONS',
  'POSTGRES_TLS',
  'CHANGES_NOT_SUPPORTED',
  'UNKNOWN_CONNECTION',
]);

async function probe(
  stores: Readonly<Record<string, TableStore>>,
  source: TableReference,
  changes: ChangesWanted | null,
  signal: AbortSignal,
): Promise<Presence> {
  if (changes !== null) return looked(probeChanges(stores, source, changes, signal), signal);
  if ('rows' in source) return source.rows.length === 0 ? 'empty' : 'rows';
  const store = named('store', stores, source.connection);
  const look =
    'query' in source
      ? queriesOf(store, source.connection).probe(source.query, { signal })
      : store.probe(source.table, { signal });
  return looked(look, signal);
}

async function probeChanges(
  stores: Readonly<Record<string, TableStore>>,
  source: TableReference,
  changes: ChangesWanted,
  signal: AbortSignal,
): Promise<Presence> {
  const { store, table } = changesOf(stores, source);
  return store.probe(table, changes, { signal });
}

async function looked(look: Promise<Presence>, signal: AbortSignal): Promise<Presence> {
  try {
    return await look;
  } catch (error) {
    // A table that can't be read has something in it: sending it will say what is wrong with it, as this table's own error.
    const isTables = error instanceof TidemarkError && !error.retryable && !STORES_OWN.has(error.code);
    if (isTables && !signal.aborted) return 'rows';
    throw error;
  }
}
