/** Errors of PostgreSQL: the way to it, its statements, its tables, the values of rows. */
export const postgresErrors = {
  POSTGRES_OPTIONS: {
    meaning: 'The options of a connection to PostgreSQL are not right; the message names them.',
    mend: 'Mend the connection.',
  },
  POSTGRES_UNAVAILABLE: {
    meaning:
      'The server cannot be reached, is starting or shutting down, has ended the session, or takes no more of them.',
    mend: 'It is tried again by itself. Look at host and port of the connection, whether the server is up, and at max_connections.',
  },
  POSTGRES_AUTHENTICATION: {
    meaning: 'The server refused the user or the password.',
    mend: "Mend user and password of the connection, or the server's pg_hba.conf.",
  },
  POSTGRES_TLS: {
    meaning: 'There is no encrypted connection: the server has none, or its certificate is not trusted.',
    mend: "Give the connection the authority's certificate, or mend its sslmode.",
  },
  POSTGRES_NO_DATABASE: {
    meaning: 'The server has no database of that name.',
    mend: 'Create it, or mend the name in the connection.',
  },
  POSTGRES_PERMISSION: {
    meaning: 'The role may not do what the message names.',
    mend: 'Grant it that right: CREATE on the schema, TEMPORARY on the database, ownership of a table that is to be replaced.',
  },
  POSTGRES_NOT_FOUND: {
    meaning: 'A table, column, type, schema, function or extension that is named does not exist.',
    mend: 'Mend the name, or create what is missing.',
  },
  POSTGRES_REFUSED: {
    meaning: 'The server refused a statement, for the reason that the message gives.',
    mend: 'Mend the definition of the table, the query, or what depends on the table.',
  },
  POSTGRES_READ_ONLY: {
    meaning: 'The server takes no writes: it is a standby, or the database is set to read only.',
    mend: 'Point the connection at the primary. It is tried again by itself, as after a failover.',
  },
  POSTGRES_RESOURCES: {
    meaning: 'The server is out of disk space or memory, or its disk fails.',
    mend: 'Free some; it is tried again by itself.',
  },
  POSTGRES_TIMEOUT: {
    meaning: 'A time limit of the server, or a person, ended the statement or the session.',
    mend: 'Raise statement_timeout, transaction_timeout or idle_in_transaction_session_timeout for the role.',
  },
  POSTGRES_DEADLOCK: {
    meaning: 'The server undid the transaction in favour of another session: a deadlock, or a serialisation failure.',
    mend: 'It is tried again by itself.',
  },
  POSTGRES_BLOCKED: {
    meaning: 'Another session holds a lock that is needed.',
    mend: 'It is tried again by itself. End the sessions that are in the way, or let blocking.endAfterSeconds do so.',
  },
  POSTGRES_COMMIT_UNKNOWN: {
    meaning: 'The connection was lost during COMMIT: whether it was done is not known.',
    mend: 'It is tried again by itself, and goes on from what the database holds.',
  },
  POSTGRES_ROLLED_BACK: {
    meaning: 'A transaction had failed, or was ended by a hook, before it was to be committed: it was rolled back.',
    mend: 'Let a hook throw what its statements throw, and leave BEGIN, COMMIT and ROLLBACK alone.',
  },
  POSTGRES_FAILED: {
    meaning:
      'The server failed in a way of its own, for which there is no other code. What it said is not shown: it may quote a row.',
    mend: "Look up the SQLSTATE that the message gives, and look into the server's log; it is tried again by itself.",
  },
  POSTGRES_BAD_VALUE: {
    meaning:
      "A value does not fit its column's type, or holds what PostgreSQL cannot: a NUL character, bytes that are not UTF-8.",
    mend: 'Mend the row at its source, change the type of the column, or give the ingest a quarantine table.',
  },
  POSTGRES_OUT_OF_RANGE: {
    meaning: 'A number or an instant is out of the range of its type.',
    mend: 'Give the column a larger type, mend the value at its source, or give the ingest a quarantine table.',
  },
  POSTGRES_TOO_LONG: {
    meaning: 'A value is longer than its column allows.',
    mend: 'Give the column a larger length, shorten the value at its source, or give the ingest a quarantine table.',
  },
  POSTGRES_NOT_NULL: {
    meaning: 'A value is missing, and its column is NOT NULL.',
    mend: 'Fill it in at the source, make the column nullable, or give the ingest a quarantine table.',
  },
  POSTGRES_ROW_WIDTH: {
    meaning: 'A row has more or fewer values than there are columns.',
    mend: 'Give one value per column in every row, null for a missing one.',
  },
  POSTGRES_UNIQUE: {
    meaning: 'A key, or the value of a unique column, is there twice.',
    mend: "Keep one row per key, or let upsert be '__IF_PRIMARY_KEY__'.",
  },
  POSTGRES_CONSTRAINT: {
    meaning: 'A row breaks a CHECK, an exclusion or a foreign key of the table, or a view on it.',
    mend: 'Mend the row at its source, or change the constraint that the message names.',
  },
  POSTGRES_DEFINITION: {
    meaning: 'The definition of a table is not one that PostgreSQL understands.',
    mend: 'Give types, columns and expressions as PostgreSQL spells them; a type outside the search path needs its schema.',
  },
  POSTGRES_NOT_A_TABLE: {
    meaning: 'What stands under the name of a table is a view, a foreign table or another thing.',
    mend: 'Give the table another name, or move what is in its place.',
  },
  POSTGRES_MIGRATION_BLOCKED: {
    meaning:
      'A table differs from its definition, and something stands in the way of replacing it: a foreign key, a partition, ...',
    mend: 'Do as the message says, or keep to the definition of the table as it is. Nothing was changed.',
  },
  POSTGRES_VIEW_USES_COLUMN: {
    meaning: 'A view uses a column that the definition of its table no longer has, or has with another type.',
    mend: 'Drop or change the view first, and make it again afterwards. Nothing was changed.',
  },
  POSTGRES_VIEW_IN_THE_WAY: {
    meaning: 'A view cannot be made again on its table as that is now defined.',
    mend: 'Drop or change the view first, and make it again afterwards. Nothing was changed.',
  },
  POSTGRES_TABLE_GONE: {
    meaning: 'A table was dropped by somebody else while its rows were loaded.',
    mend: 'It is tried again by itself; see to it that only one pipeline looks after a table.',
  },
  UNSUPPORTED_COLUMN_TYPE: {
    meaning: 'A column of a PostgreSQL table or query is of a type that TitanRDM has no counterpart of.',
    mend: 'Read from a view or a named query that casts it to text, or leaves it out.',
  },
  UNKNOWN_QUERY: {
    meaning: 'A table reference names a query that its connection does not have.',
    mend: 'Name one of `queries` of the connection; `allowQueries` lets an input hold SQL of its own.',
  },
  NO_MERGE_KEY: {
    meaning: 'Changes of a TitanRDM table cannot be merged, since nothing tells which rows they belong to.',
    mend: "Download the table with pattern 'full', or give it a primary key in TitanRDM.",
  },
} as const;
