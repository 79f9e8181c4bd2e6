/** Errors of profile upserts: of forms, tables and rows. Those of the calls to AMS are the connector's. */
export const profileErrors = {
  AMS_NOT_A_PROFILE_FORM: {
    meaning: 'The form is of another type: it holds events or a database, not one record per user.',
    mend: 'Name a form of profiles.',
  },
  AMS_FORM_READ_ONLY: {
    meaning: 'The account may read this form and not write to it.',
    mend: 'Give the account of the connection the right to write to it.',
  },
  AMS_TABLE_NOT_FOUND: {
    meaning: 'The source of a profile upsert has no such table.',
    mend: 'Mend its name.',
  },
  AMS_EMPTY_TABLE: {
    meaning: 'The source of a profile upsert has no row.',
    mend: 'Look whether what makes the table has run.',
  },
  AMS_NO_ID_COLUMN: {
    meaning: 'The table has no column of the name that says whose row it is, or several.',
    mend: 'Name that column user_id, username, email or about, and say which by idColumn.',
  },
  AMS_COLUMNS: {
    meaning:
      'Columns of the table, or of `columns`, do not fit: one is missing, there twice, or there is none to send.',
    mend: 'Name each column once, as the table does.',
  },
  AMS_UNKNOWN_FIELDS: {
    meaning: 'The form has no field of this name. AMS would drop the value without a word.',
    mend: 'Mend the name, or say by `columns` which column leads to which field.',
  },
  AMS_FIELD_NOT_WRITABLE: {
    meaning: 'A field is calculated, or linked to another form: AMS fills it in by itself.',
    mend: 'Leave it out, by `columns`.',
  },
  AMS_UNKNOWN_USERS: {
    meaning:
      'Rows name users that do not exist, or that the account does not see: it sees those of the groups that it coaches.',
    mend: "Mend the rows, let the account coach those groups, or say onUnknownUser 'quarantine' to leave them out.",
  },
  AMS_AMBIGUOUS_USERS: {
    meaning: 'What a row says of its user fits several users, as names do.',
    mend: 'Name users by user_id or username.',
  },
  AMS_DUPLICATE_USERS: {
    meaning: 'Several rows are for one user, who has one profile.',
    mend: "Leave one row per user, or say onDuplicateUser 'last'.",
  },
  AMS_VALUES_REFUSED: {
    meaning: 'Values do not fit the type or the options of their field.',
    mend: 'Mend the rows that the message names.',
  },
  AMS_ROWS_REFUSED: {
    meaning: 'Rows cannot be sent, for several reasons. Nothing was sent.',
    mend: 'Mend the rows that the message names.',
  },
  AMS_TABLE_CHANGED: {
    meaning: 'The table has changed since it was confirmed, or changes all the time.',
    mend: 'Run again, from a table that stands still.',
  },
  AMS_NOT_WAITING: {
    meaning:
      'A run was answered that does not wait for a confirmation: not yet, not any more, or it never asks for one.',
    mend: 'Look at its phase: `tidemark run` shows it, and so do the query `progress` and the Web UI.',
  },
  AMS_ROWS_FAILED: {
    meaning: 'Rows could not be written: AMS refused them. The result lists them with the reason.',
    mend: 'Mend them and run again: what is written already is written again, which changes nothing.',
  },
} as const;
