import { upsertSearchAttributes } from '@temporalio/workflow';
import type { RunOutcomeWord, SearchAttributeName } from '../../contracts/search-attributes.js';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes.js';
import { fieldsOf, subjectOf, tablesIn } from './subject.js';

type Values = Partial<Record<SearchAttributeName, string | number | string[] | undefined>>;

/** Longest text of a high watermark that can be searched for. */
const MAX_WATERMARK = 255;

/** Sets the run's search attributes, those that the namespace has: upserting another would block the workflow. */
export class RunAttributes {
  constructor(private readonly known: readonly SearchAttributeName[]) {}

  begin(input: unknown): void {
    const { pipeline, domains, tables } = subjectOf(input);
    this.set({
      TidemarkPipeline: pipeline,
      TidemarkOutcome: 'running',
      TidemarkDomain: domains,
      TidemarkTable: tables,
    });
  }

  /** `result`: what the run returned, or the list that its failure carries. */
  end(outcome: RunOutcomeWord, result: unknown): void {
    this.set({
      TidemarkOutcome: outcome,
      TidemarkRows: rowsIn(result).rows,
      TidemarkTable: tablesIn(result),
      TidemarkWatermark: watermarkIn(result),
    });
  }

  private set(values: Values): void {
    const pairs = this.known.flatMap((name) => {
      const value = values[name];
      const empty = value === undefined || (Array.isArray(value) && value.length === 0);
      return empty ? [] : [{ key: { name, type: SEARCH_ATTRIBUTES[name] }, value }];
    });
    // Each value has been made for its attribute's type; the SDK's union of pairs cannot follow a loop over names.
    if (pairs.length > 0) upsertSearchAttributes(pairs as Parameters<typeof upsertSearchAttributes>[0]);
  }
}

/** A run may end well although some of its tables or domains failed. */
export function outcomeOfResult(result: unknown): 'partial' | 'success' {
  const { failed, domainsFailed } = fieldsOf(fieldsOf(result)['totals']);
  return isSome(failed) || isSome(domainsFailed) ? 'partial' : 'success';
}

const isSome = (count: unknown): boolean => typeof count === 'number' && count > 0;

export function rowsIn(result: unknown): { rows?: number } {
  const { rows, totals } = fieldsOf(result);
  const count = rows ?? fieldsOf(totals)['rows'];
  return typeof count === 'number' && Number.isSafeInteger(count) ? { rows: count } : {};
}

/** Whether the high watermark has moved, where the result tells: an ingest has committed batches, a sync has brought rows. */
export function movedIn(result: unknown): { moved?: boolean } {
  const { batches } = fieldsOf(result);
  if (typeof batches === 'number') return { moved: batches > 0 };
  const { rows } = rowsIn(result);
  return rows === undefined ? {} : { moved: rows > 0 };
}

function watermarkIn(result: unknown): string | undefined {
  const { highWatermark } = fieldsOf(result);
  const { to } = fieldsOf(highWatermark);
  return to === undefined || to === null ? undefined : JSON.stringify(to).slice(0, MAX_WATERMARK);
}
