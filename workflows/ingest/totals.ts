import type { IngestStretch } from '../../contracts/activities.js';
import type { IngestedTable } from '../../contracts/postgres-results.js';

/** What all stretches of a run did together; carried over when it continues as new. */
export type IngestTotals = Omit<IngestStretch, 'usedUp'> & { stretches: number };

export const NOTHING_YET: IngestTotals = {
  stretches: 0,
  batches: 0,
  rows: 0,
  quarantined: 0,
  leftOut: 0,
  lostByServer: 0,
  highWatermark: { from: null, to: null },
  tables: [],
};

export function addStretch(totals: IngestTotals, stretch: IngestStretch): IngestTotals {
  const { from } = totals.stretches === 0 ? stretch.highWatermark : totals.highWatermark;
  return {
    stretches: totals.stretches + 1,
    batches: totals.batches + stretch.batches,
    rows: totals.rows + stretch.rows,
    quarantined: totals.quarantined + stretch.quarantined,
    // A source counts what it leaves out of everything that is there: each stretch the same rows.
    leftOut: Math.max(totals.leftOut, stretch.leftOut),
    lostByServer: totals.lostByServer + stretch.lostByServer,
    highWatermark: { from, to: stretch.highWatermark.to },
    tables: addTables(totals.tables, stretch.tables),
  };
}

/** In the order of the input: every stretch that ended well has all of them. */
function addTables(before: readonly IngestedTable[], now: readonly IngestedTable[]): IngestedTable[] {
  const isSame = (one: IngestedTable) => (other: IngestedTable) =>
    one.schema === other.schema && one.table === other.table;
  const added = before.map((table) => {
    const more = now.find(isSame(table));
    if (more === undefined) return table;
    return {
      ...table,
      rows: table.rows + more.rows,
      quarantined: table.quarantined + more.quarantined,
      migration: table.migration === 'kept' ? more.migration : table.migration,
    };
  });
  return [...added, ...now.filter((table) => !before.some(isSame(table)))];
}

/** What a stretch that failed says of the batches that it committed before. */
export function isStretch(value: unknown): value is IngestStretch {
  return typeof value === 'object' && value !== null && 'batches' in value && 'usedUp' in value && 'tables' in value;
}
