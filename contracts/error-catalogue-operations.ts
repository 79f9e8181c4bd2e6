/** Errors of running pipelines: what is seen of them, and what keeps them running. */
export const operationsErrors = {
  SEARCH_ATTRIBUTES_REFUSED: {
    meaning: 'The search attributes could not be registered in the namespace. They are not needed.',
    mend: 'Ask who may change the namespace to run the line that the message holds. On Temporal Cloud: Namespaces, Edit, Search Attributes.',
  },
} as const;
