import type { SearchAttributeName } from './search-attributes.js';

/** What a run may count on where it runs: asked once per run, so that workflow code need not know the worker's config. */
export interface RunSettings {
  /** The search attributes that the namespace has, and that the config allows. */
  searchAttributes: SearchAttributeName[];
}

/** Activities that belong to the running of pipelines, not to a system. Every plugin brings them. */
export interface OperationsActivities {
  /** Never fails: what cannot be found out is not there. */
  tidemarkRunSettings(): Promise<RunSettings>;
}
