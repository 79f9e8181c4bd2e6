import type { OperationsActivities } from '../../contracts/operations.js';
import { searchAttributeNames } from '../../contracts/search-attributes.js';
import { KnownSearchAttributes } from './search-attributes.js';

export interface OperationsDependencies {
  /** Whether runs set the search attribute `TidemarkWatermark`: it is never encrypted. Default: they do not. */
  searchableWatermark?: boolean;
}

/** Steps that belong to the running of pipelines, made from what the worker's config says. */
export function createOperationsActivities({
  searchableWatermark = false,
}: OperationsDependencies = {}): OperationsActivities {
  const wanted = searchAttributeNames().filter((name) => searchableWatermark || name !== 'TidemarkWatermark');
  const known = new KnownSearchAttributes(wanted);
  return {
    tidemarkRunSettings: async () => ({ searchAttributes: await known.names() }),
  };
}
