/** Errors of ingests: their options, their sources, their high watermark. */
export const ingestErrors = {
  INGEST_OPTIONS: {
    meaning: 'An ingest was asked for with tables or options that are not right; the message names them.',
    mend: 'Mend them.',
  },
  INGEST_SOURCE_BAD: {
    meaning: 'A source yielded something that is neither rows, nor CSV, nor a query.',
    mend: 'Yield { highWatermark, rows }: rows an (async) iterable of [table, row], { table, csv } or { table, duckdb }.',
  },
  INGEST_CSV_HEADER: {
    meaning: 'The first line of a CSV source is no list of column names.',
    mend: 'Begin with a line of column names; quote those that hold quotes or commas.',
  },
  INGEST_CSV_BAD: {
    meaning: 'A row of a CSV file with one column cannot be read: the error names it.',
    mend: 'Quote values that hold quotes, commas or line ends.',
  },
  INGEST_CSV_COLUMNS: {
    meaning: 'The header of a CSV source names a column twice, or one that the table has not.',
    mend: 'Name each column once, exactly as the table does.',
  },
  INGEST_QUERY_COLUMNS: {
    meaning: 'A DuckDB query yields a column twice, or one that the table has not.',
    mend: 'Name each column once, exactly as the table does.',
  },
  INGEST_SOURCE_COLUMNS: {
    meaning: 'A source lacks columns of the table that it feeds.',
    mend: 'Name the columns of the table as the source does, or rename them in a query.',
  },
  INGEST_SOURCE_NO_FOLDER: {
    meaning: 'A source of files names a connection that is no folder.',
    mend: "Name a connection of type 'files'.",
  },
  INGEST_FILE_CHANGED: {
    meaning:
      'A file has changed since it was ingested, into a table without a primary key: its rows would be there twice.',
    mend: 'Give the table a key, or put new rows into new files.',
  },
  INGEST_FILE_CHANGING: {
    meaning: 'A file was changed while it was read.',
    mend: 'Write files under a name that begins with a dot, and rename them when they are whole. It is tried again by itself.',
  },
  INGEST_TOO_MANY_FILES: {
    meaning: 'More files match a source than a high watermark can keep.',
    mend: 'Move files that have been ingested into another folder.',
  },
  INGEST_NULL_CURSORS: {
    meaning: 'Rows of a query have no value in its cursor column: no watermark can tell whether they are new.',
    mend: "Fill them in, or say nullCursors 'skip' to leave them out.",
  },
  INGEST_LAG: {
    meaning: 'The lag of a query does not fit the type of its cursor column.',
    mend: "Give an interval ('5 minutes') for a date or timestamp, a number for a numeric cursor; other types have no lag.",
  },
  INGEST_ENDLESS_CURSOR: {
    meaning: 'The largest cursor of a query is infinity: nothing would ever lie behind it.',
    mend: 'Leave such rows out, by a query.',
  },
  INGEST_UNKNOWN_QUERY: {
    meaning: 'A source names a query that its connection does not have.',
    mend: 'Add it to `queries` of the connection, or mend the name.',
  },
  INGEST_SQL_NOT_ALLOWED: {
    meaning: 'An input carries SQL of its own, and the connection allows none.',
    mend: 'Name one of its `queries`; or set `allowQueries` of the connection, with a role that can only read.',
  },
  INGEST_WATERMARK_FOREIGN: {
    meaning: 'The stored high watermark is not one of this kind of source: another kind has written it.',
    mend: "Begin anew with highWatermark '__EARLIEST__', or give a value of the form that the message names.",
  },
  NAME_TAKEN: {
    meaning: 'Two sources, or two hooks, are registered under one name.',
    mend: 'Give one of them another name.',
  },
  TABLE_NOT_FOUND: {
    meaning: 'A file or a table that a definition is to be taken from does not exist.',
    mend: 'Mend its name.',
  },
  HIGH_WATERMARK_BAD: {
    meaning: 'A high watermark is no JSON value, or would be changed by JSON (an integer beyond 2^53, NaN, undefined).',
    mend: 'Give dates, large integers and the like as strings.',
  },
  HIGH_WATERMARK_MOVED: {
    meaning: 'Another run has moved the high watermark meanwhile. Nothing of this batch was written.',
    mend: 'Let one run at a time write to a table. Start again: it goes on from where the other one is.',
  },
  TABLE_OF_OTHER_PIPELINE: {
    meaning: 'The high watermark in a table belongs to another pipeline.',
    mend: 'Give each pipeline tables of its own, or take this one over with the option adopt.',
  },
  QUARANTINE_UNUSABLE: {
    meaning: 'The table that is to be the quarantine exists and is another kind of table.',
    mend: 'Give the quarantine a name of its own: it is created when it is not there.',
  },
} as const;
