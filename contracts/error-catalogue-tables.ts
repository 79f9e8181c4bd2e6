/** Errors of tables: where they are, how they are written, what is in them. */
export const tableErrors = {
  TOO_MANY_INLINE_ROWS: {
    meaning: 'An input passes more rows inline than a workflow history should hold.',
    mend: 'Put them into a store and name the table, or configure temporal.payloadStorage for the client and the worker.',
  },
  STORE_NOT_FOUND: {
    meaning:
      "The folder of a connection of type 'files' does not exist, or is no folder; or the schema of one of type 'postgres' does not exist and may not be created.",
    mend: 'Create it, or mend `path` or `schema` of the connection. Workers on several machines need a folder that all of them see.',
  },
  STORE_DENIED: {
    meaning: 'The worker may not read or write in the folder, or the schema, of a store.',
    mend: 'Give the user that runs the worker, or the role of the connection, the right to read and write there.',
  },
  STORE_FULL: {
    meaning: 'The file system of a store, or of the temporary folder, is full.',
    mend: 'Free some space; the step is tried again by itself.',
  },
  STORE_FAILED: {
    meaning: 'The file system refused an operation for another reason, which the message names.',
    mend: 'It is tried again by itself; look at the disk when it persists.',
  },
  STORE_CLOSED: {
    meaning: 'A store was used after it was closed.',
    mend: 'Close a store only after the last use: when the worker has ended.',
  },
  DUCKDB_UNAVAILABLE: {
    meaning: 'DuckDB, which reads and writes Parquet, could not be loaded on this machine.',
    mend: 'Install @duckdb/node-api for this platform, or use CSV files.',
  },
  DUCKDB_FAILED: {
    meaning: 'DuckDB could not read or write a Parquet file. What it said is not shown: it quotes values of rows.',
    mend: 'Look whether the file is whole and of the format that its name says.',
  },
  DUCKDB_OUT_OF_MEMORY: {
    meaning: 'DuckDB needs more memory for a Parquet file than it may use.',
    mend: 'Give it more with the option duckMemoryMegabytes of the store; the step is tried again by itself.',
  },
  BAD_OPTIONS: {
    meaning: 'The options of a store are not right; the message names them.',
    mend: 'Mend the connection.',
  },
  BAD_TABLE_NAME: {
    meaning: 'A name cannot be that of a table in a store, or a view has it.',
    mend: 'Use the convention key, {domain_abbreviation}_{database_table_name}.',
  },
  PATH_OUTSIDE_ROOT: {
    meaning: "The file of a table is a link that leads out of the store's folder.",
    mend: 'Put the file itself into the folder.',
  },
  AMBIGUOUS_TABLE: {
    meaning: 'A table has several files, for instance a CSV and a Parquet one.',
    mend: 'Remove the one that is out of date.',
  },
  SOURCE_CHANGED: {
    meaning: 'A file changed while it was read: its bytes would be of two versions.',
    mend: 'Replace files by renaming a new one over the old, never by writing into them.',
  },
  UNKNOWN_QUERY: {
    meaning: 'A source names a query that its connection does not have.',
    mend: 'Name one of `queries` of the connection; SQL in an input needs `allowQueries`.',
  },
  UNSUPPORTED_COLUMN_TYPE: {
    meaning:
      'A column has a type that TitanRDM has no counterpart of: an array, a range, a composite or geometric type.',
    mend: 'Read from a view or a named query that casts it to text, or leaves it out.',
  },
  NO_MERGE_KEY: {
    meaning: 'Changes came for a table, and nothing says which row each of them is of.',
    mend: "Give the table a primary key in TitanRDM, or download it with pattern 'full'.",
  },
  QUERY_NOT_SUPPORTED: {
    meaning: 'A source names a query, and its connection has none.',
    mend: 'Name a table, or use a connection that has queries.',
  },
  MALFORMED_CSV: {
    meaning: 'A file is not the CSV that RFC 4180 describes, or its rows have different numbers of fields.',
    mend: 'Put fields with commas, quotes or line breaks in quotes, and double the quotes inside.',
  },
  BAD_ENCODING: {
    meaning: 'A file holds bytes that are not UTF-8.',
    mend: 'Write the file as UTF-8.',
  },
  DUPLICATE_KEYS: {
    meaning: 'A primary key appears more than once in a file. Nothing was sent, or written.',
    mend: 'Keep one row per key.',
  },
  UNKNOWN_COLUMNS: {
    meaning: 'A file has columns that the import mapping does not know: the server would ignore them without a word.',
    mend: 'Remove or rename them, or map them in TitanRDM.',
  },
  MISSING_COLUMNS: {
    meaning: 'A file lacks columns that the table needs.',
    mend: 'Add the columns that the message names.',
  },
  MISSING_REQUIRED_VALUES: {
    meaning: 'Required columns are empty in some rows. Nothing was sent.',
    mend: 'Fill them in, or leave out those rows.',
  },
  MISSING_TRANSACTION_CODES: {
    meaning: 'A file under incremental_with_delete has no column trdm_tran_code.',
    mend: 'Add it, with i, u or d in each row, or use another pattern.',
  },
  BAD_TRANSACTION_CODES: {
    meaning: 'The column trdm_tran_code holds something else than i, u or d.',
    mend: 'Write i, u or d in each row.',
  },
  UNEXPECTED_TRANSACTION_CODES: {
    meaning: 'A file has a column trdm_tran_code, and its pattern allows none.',
    mend: 'Drop the column, or use the pattern incremental_with_delete.',
  },
  FILE_TOO_LARGE: {
    meaning:
      "A table's file is larger than the tenant takes, and its pattern does not allow to split it. Nothing was sent.",
    mend: 'Use an upsert-only pattern, which is split, or raise maxFileBytes of the connection if the tenant allows more.',
  },
  SPOOL_NOT_PRIVATE: {
    meaning: 'The folder for temporary files can be written to by others.',
    mend: 'Give the worker a folder of its own.',
  },
} as const;
