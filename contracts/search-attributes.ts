/** Types of search attributes that Tidemark uses, as Temporal's SDK spells them. */
export type SearchAttributeKind = 'KEYWORD' | 'KEYWORD_LIST' | 'INT';

/** The same in Temporal's API (`IndexedValueType`). */
export const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3, KEYWORD_LIST: 7 } as const satisfies Record<
  SearchAttributeKind,
  number
>;

/**
 * The search attributes that a run sets where the namespace has them: three of type Keyword, two KeywordList, one Int, which a namespace on
 * PostgreSQL or MySQL has room for (10, 3 and 3). They are never encrypted, so the high watermark is set only when the config asks for it.
 */
export const SEARCH_ATTRIBUTES = {
  /** Name of the pipeline. */
  TidemarkPipeline: 'KEYWORD',
  /** `running`, then `success`, `partial` (some tables failed), `failed` or `cancelled`. */
  TidemarkOutcome: 'KEYWORD',
  /** The high watermark that the run has reached, as JSON. */
  TidemarkWatermark: 'KEYWORD',
  /** Domains of TitanRDM that the run is about. */
  TidemarkDomain: 'KEYWORD_LIST',
  /** Tables: convention keys, or `schema.table` in PostgreSQL. */
  TidemarkTable: 'KEYWORD_LIST',
  /** Rows that arrived. */
  TidemarkRows: 'INT',
} as const satisfies Record<string, SearchAttributeKind>;
export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** How a run ended, or that it goes on. */
export type RunOutcomeWord = 'running' | 'success' | 'partial' | 'failed' | 'cancelled';

export function searchAttributeNames(): SearchAttributeName[] {
  // The keys of a literal are what its type says.
  return Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];
}
