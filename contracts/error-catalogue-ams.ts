/** Errors of Teamworks AMS: the way to it, its forms, what it says of a write. `retryable`: whether trying again can help. */
export const amsErrors = {
  AMS_BAD_OPTIONS: {
    meaning: 'The options of the AMS connection are wrong.',
    retryable: false,
    mend: 'Correct the connection in the configuration; its url ends with the name of the site, as in https://example.smartabase.com/site.',
  },
  AMS_NO_CREDENTIALS: {
    meaning: 'The AMS connection has no username or no password.',
    retryable: false,
    mend: 'Give username and password of the connection, or set AMS_USERNAME and AMS_PASSWORD.',
  },
  AMS_AUTHENTICATION: {
    meaning: 'AMS does not accept the username and password.',
    retryable: false,
    mend: "Check url, username and password of the connection: the username is not the e-mail address, and the site's API must be enabled.",
  },
  AMS_SESSION_ENDED: {
    meaning: 'AMS ended the session again, right after a new sign-in.',
    retryable: true,
    mend: 'It is tried again by itself; when it persists, let nothing else sign in with this account.',
  },
  AMS_FORBIDDEN: {
    meaning: 'The account may not do this.',
    retryable: false,
    mend: 'Give the account of the connection access to the form, and to the groups of the users that are written.',
  },
  AMS_NOT_FOUND: {
    meaning: 'AMS does not have what was asked for (404 or 410).',
    retryable: false,
    mend: "Check the connection's url, with its site, and that the API is enabled for that site.",
  },
  AMS_INVALID: {
    meaning: 'AMS refused the request as invalid (400, 422 or another 4xx).',
    retryable: false,
    mend: 'Correct what the message names.',
  },
  AMS_REFUSED: {
    meaning: 'AMS answered 200 and, in the reply, that it did not do it.',
    retryable: false,
    mend: 'Correct what the message names.',
  },
  AMS_FIELDS_DROPPED: {
    meaning: 'AMS wrote the record without some of its fields, since the form does not have or take them.',
    retryable: false,
    mend: 'Mend the names of those fields, or leave them out.',
  },
  AMS_BAD_INPUT: {
    meaning: 'What was to be sent cannot be a profile: nothing was sent.',
    retryable: false,
    mend: 'Correct what the message names.',
  },
  AMS_FORM_NOT_FOUND: {
    meaning: 'The account sees no such form.',
    retryable: false,
    mend: 'Use the exact name of a form, and give the account access to it.',
  },
  AMS_FORM_AMBIGUOUS: {
    meaning: 'Several forms have this name.',
    retryable: false,
    mend: 'Rename one of them in AMS: writes name a form by nothing else.',
  },
  AMS_RATE_LIMITED: {
    meaning: 'AMS asks for fewer calls (429, or as much in words).',
    retryable: true,
    mend: 'It is tried again by itself; lower the concurrency when it persists.',
  },
  AMS_SERVER_ERROR: {
    meaning: 'AMS failed while it answered (5xx), or said that it cannot answer now.',
    retryable: true,
    mend: 'It is tried again by itself; ask the administrator of the site when it persists.',
  },
  AMS_TIMEOUT: {
    meaning: 'AMS did not answer in time.',
    retryable: true,
    mend: 'It is tried again by itself; raise the timeouts of the connection when it persists.',
  },
  AMS_UNREACHABLE: {
    meaning: 'No connection to AMS, or it broke.',
    retryable: true,
    mend: "It is tried again by itself; check the connection's url and the network when it persists.",
  },
  AMS_TLS: {
    meaning: 'The encrypted connection to AMS could not be made.',
    retryable: false,
    mend: "Check the connection's url and the certificates that this machine trusts.",
  },
  AMS_UNEXPECTED_REPLY: {
    meaning: 'The reply is not one that AMS is known to give.',
    retryable: false,
    mend: "Check that the connection's url is that of an AMS site; otherwise report it.",
  },
} as const;
