import type { ErrorCodeEntry } from '../http/coded-error.js';

/**
 * Every code that the TitanRDM client throws. Codes are stable: people and programs match on them.
 * Statuses are those of titan-rdm-sdk 2.0.0 and TitanRDM's public documentation.
 */
export const titanErrorCodes = {
  TITAN_BAD_OPTIONS: {
    meaning: 'The options of the TitanRDM connection are wrong.',
    retryable: false,
    mend: 'Correct the connection in the configuration.',
  },
  TITAN_AUTHENTICATION: {
    meaning: 'TitanRDM does not accept the client id and secret, or not for this call.',
    retryable: false,
    mend: 'Check url, clientId and clientSecret of the connection, and the scopes of that API client.',
  },
  TITAN_FORBIDDEN: {
    meaning: 'The API client may not do this (403).',
    retryable: false,
    mend: 'Give the API client of the connection the scope or the right that it lacks.',
  },
  TITAN_NOT_FOUND: {
    meaning: 'TitanRDM does not have what was asked for (404 or 410).',
    retryable: false,
    mend: "Check the id, and that the connection's url is the tenant's.",
  },
  TITAN_PAYMENT_REQUIRED: {
    meaning: "The tenant's account is overdue (402): TitanRDM refuses writes until it is paid.",
    retryable: false,
    mend: "Settle the tenant's account with TitanRDM, then run again.",
  },
  TITAN_INVALID: {
    meaning: 'TitanRDM refused the request as invalid (400, 422 or another 4xx).',
    retryable: false,
    mend: 'Correct what the message names.',
  },
  TITAN_CONFLICT: {
    meaning: 'The import or export is in a state in which it does not take this step (409).',
    retryable: false,
    mend: 'Read it in TitanRDM to see its state; run again.',
  },
  TITAN_RATE_LIMITED: {
    meaning: 'TitanRDM asks for fewer calls (429). It did nothing.',
    retryable: true,
    mend: 'It is tried again by itself; lower the concurrency when it persists.',
  },
  TITAN_SERVER_ERROR: {
    meaning: 'TitanRDM failed while it answered (5xx).',
    retryable: true,
    mend: 'It is tried again by itself; ask TitanRDM when it persists.',
  },
  TITAN_UNREACHABLE: {
    meaning: 'No connection to the server, or it broke.',
    retryable: true,
    mend: "Check the connection's url, the network and the server; it is tried again by itself.",
  },
  TITAN_TLS: {
    meaning: "The server's certificate is not accepted, or it does not speak TLS.",
    retryable: false,
    mend: "Check the connection's url, or make the authority known to Node with NODE_EXTRA_CA_CERTS.",
  },
  TITAN_TIMEOUT: {
    meaning: 'The server did not answer, or a transfer stood still, for longer than the timeout of the connection.',
    retryable: true,
    mend: 'It is tried again by itself; raise the timeouts of the connection when the server is only slow.',
  },
  TITAN_UNKNOWN_OUTCOME: {
    meaning: 'A call that must not be repeated blindly got no reply: TitanRDM may have done it or not.',
    retryable: false,
    mend: 'Read the import or export to see what became of it, or start a new one.',
  },
  TITAN_UNEXPECTED_REPLY: {
    meaning: 'The reply does not have the shape that TitanRDM documents.',
    retryable: false,
    mend: "Check that the connection's url is that of a TitanRDM tenant; otherwise report it.",
  },
  TITAN_FILE_TOO_LARGE: {
    meaning: 'The file is larger than TitanRDM takes (100 MB by its documentation). Nothing was sent.',
    retryable: false,
    mend: 'Split the table (upsert-only patterns), or raise maxFileBytes of the connection if the tenant allows more.',
  },
  TITAN_UPLOAD_URL_EXPIRED: {
    meaning: 'The signed upload address is not accepted any more.',
    retryable: false,
    mend: 'Create a new import table, in a new import.',
  },
  TITAN_UPLOAD_REFUSED: {
    meaning: 'The file store refused the file.',
    retryable: false,
    mend: 'Correct what the message names.',
  },
  TITAN_UPLOAD_SOURCE: {
    meaning: 'The file to send could not be read, or its size is not the announced one.',
    retryable: false,
    mend: 'Make sure that nothing else writes to or removes the file while it is sent.',
  },
  TITAN_DOWNLOAD_INCOMPLETE: {
    meaning: 'Fewer bytes arrived than the server announced, or the compressed file is damaged.',
    retryable: true,
    mend: 'It is downloaded again by itself; create a new export when it persists.',
  },
  TITAN_DOWNLOAD_REFUSED: {
    meaning: 'The file store refuses the download, with a renewed address too.',
    retryable: false,
    mend: 'Create a new export.',
  },
  TITAN_EXPORT_NOT_READY: {
    meaning: 'The export is still being written.',
    retryable: true,
    mend: 'Wait until its status is completed.',
  },
  TITAN_EXPORT_FAILED: {
    meaning: 'TitanRDM could not write the export.',
    retryable: false,
    mend: 'See its message; create a new export once the reason is gone.',
  },
  TITAN_INCREMENTAL_REFUSED: {
    meaning: 'This tenant does not offer incremental exports.',
    retryable: false,
    mend: "Use pattern 'full'.",
  },
  TITAN_BAD_MARK: {
    meaning: 'The high watermark is missing or is not an ISO 8601 date-time.',
    retryable: false,
    mend: "Give one such as 2026-09-09T00:00:00+00:00, or use pattern 'full'.",
  },
  TITAN_UNKNOWN_BRANCH: {
    meaning: 'The tenant has no such branch.',
    retryable: false,
    mend: 'Use the exact name or id of a branch.',
  },
  TITAN_AMBIGUOUS_BRANCH: {
    meaning: 'Several branches have this name.',
    retryable: false,
    mend: "Name the branch's owner too, or give its id.",
  },
  TITAN_UNKNOWN_DOMAIN: {
    meaning: 'The tenant has no such domain.',
    retryable: false,
    mend: 'Use the exact display name of a domain.',
  },
  TITAN_AMBIGUOUS_DOMAIN: {
    meaning: 'Several domains have this name.',
    retryable: false,
    mend: 'Rename one of them in TitanRDM, or give the tables by their keys.',
  },
  TITAN_UNKNOWN_TABLE: {
    meaning: 'The branch has no such deployed table.',
    retryable: false,
    mend: 'Check the table, and that it is deployed on this branch.',
  },
  TITAN_MISSING_MAPPING: {
    meaning: 'The table has no such import mapping.',
    retryable: false,
    mend: 'Mark one of its import mappings as the default in TitanRDM, or give the key of an existing one.',
  },
  TITAN_AMBIGUOUS_MAPPING: {
    meaning: 'Several import mappings of the table answer.',
    retryable: false,
    mend: 'Give the key of the one to use.',
  },
} as const satisfies Record<`TITAN_${string}`, ErrorCodeEntry>;

export type TitanErrorCode = keyof typeof titanErrorCodes;
