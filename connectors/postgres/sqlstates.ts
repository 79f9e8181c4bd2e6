/** What a failure of the server, or of the way to it, means to us. */
export interface FailureMeaning {
  code: string;
  retryable: boolean;
  /** In our words: no value of a row is in it. */
  reason: string;
  mend: string;
  /** The server's own message holds names of the schema at most, and helps. */
  showsMessage: boolean;
  /** It is a failure of PostgreSQL or the network, not of something else. */
  isKnown: boolean;
}

type Told = Omit<FailureMeaning, 'isKnown' | 'showsMessage'> & { showsMessage?: boolean };

/** Appendix A of PostgreSQL's manual: a state of five characters, or a class of two; the first that a state begins with counts. */
const STATES: readonly (readonly [prefixes: readonly string[], told: Told])[] = [
  [
    ['22001'],
    {
      code: 'POSTGRES_TOO_LONG',
      retryable: false,
      reason: 'a value is too long for its column',
      mend: 'Shorten it at the source, or give the column a larger length.',
    },
  ],
  [
    ['22003', '22008'],
    {
      code: 'POSTGRES_OUT_OF_RANGE',
      retryable: false,
      reason: 'a value is out of the range of its type',
      mend: 'Give the column a larger type, or mend the value at its source.',
    },
  ],
  [
    ['22P04'],
    {
      code: 'POSTGRES_ROW_WIDTH',
      retryable: false,
      reason: 'a row has not as many values as there are columns',
      mend: 'Give one value per column in every row.',
    },
  ],
  [
    ['22021', '22P05'],
    {
      code: 'POSTGRES_BAD_VALUE',
      retryable: false,
      reason: 'a value holds a character that PostgreSQL cannot (NUL, or bytes that are not UTF-8)',
      mend: 'Mend the text at its source.',
    },
  ],
  [
    ['22'],
    {
      code: 'POSTGRES_BAD_VALUE',
      retryable: false,
      reason: "a value does not fit its column's type",
      mend: 'Mend it at the source, or change the type of the column.',
    },
  ],
  [
    ['23502'],
    {
      code: 'POSTGRES_NOT_NULL',
      retryable: false,
      reason: 'null, and the column is NOT NULL',
      mend: 'Fill it in at the source, or make the column nullable.',
    },
  ],
  [
    ['23505'],
    {
      code: 'POSTGRES_UNIQUE',
      retryable: false,
      reason: 'a key is there twice',
      mend: "Keep one row per key, or let upsert be '__IF_PRIMARY_KEY__'.",
    },
  ],
  [
    ['23', '44'],
    {
      code: 'POSTGRES_CONSTRAINT',
      retryable: false,
      reason: 'a row breaks a constraint of the table',
      mend: 'Mend the row at its source, or change the constraint.',
    },
  ],
  [
    ['40'],
    {
      code: 'POSTGRES_DEADLOCK',
      retryable: true,
      reason: 'the server undid the transaction in favour of another session',
      mend: 'It is tried again by itself.',
    },
  ],
  [
    ['55P03', '55006'],
    {
      code: 'POSTGRES_BLOCKED',
      retryable: true,
      reason: 'another session holds a lock on it',
      mend: 'It is tried again by itself; end the sessions that are in the way when it persists.',
    },
  ],
  [
    ['57014', '25P03', '25P04'],
    {
      code: 'POSTGRES_TIMEOUT',
      retryable: true,
      reason: 'a time limit of the server (or a person) ended the statement or the session',
      mend: 'Raise statement_timeout, transaction_timeout or idle_in_transaction_session_timeout for this role.',
    },
  ],
  [
    ['25006'],
    {
      code: 'POSTGRES_READ_ONLY',
      retryable: true,
      reason: 'the server takes no writes: it is a standby, or the database is set to read only',
      mend: 'Point the connection at the primary.',
    },
  ],
  [
    ['53100', '53200', '58030'],
    {
      code: 'POSTGRES_RESOURCES',
      retryable: true,
      reason: 'the server is out of disk space or memory',
      mend: 'Free some; it is tried again by itself.',
    },
  ],
  [
    ['08P01', '0A', '2B', '54', '55'],
    {
      code: 'POSTGRES_REFUSED',
      retryable: false,
      reason: 'the server refused the statement',
      mend: 'Mend the definition of the table, or what depends on it, as the message says.',
      showsMessage: true,
    },
  ],
  [
    ['08', '53', '57P'],
    {
      code: 'POSTGRES_UNAVAILABLE',
      retryable: true,
      reason: 'the server cannot be reached, is starting or shutting down, has ended the session, or takes no more',
      mend: 'It is tried again by itself; look whether the server is up and has connections left.',
    },
  ],
  [
    ['28'],
    {
      code: 'POSTGRES_AUTHENTICATION',
      retryable: false,
      reason: 'the server refused the user or the password',
      mend: "Mend user and password of the connection, or the server's pg_hba.conf.",
    },
  ],
  [
    ['3D'],
    {
      code: 'POSTGRES_NO_DATABASE',
      retryable: false,
      reason: 'the server has no database of that name',
      mend: 'Create it, or mend the name in the connection.',
    },
  ],
  [
    ['42501'],
    {
      code: 'POSTGRES_PERMISSION',
      retryable: false,
      reason: 'the role may not do that',
      mend: 'Grant it the right that the message names.',
      showsMessage: true,
    },
  ],
  [
    ['42P01', '42703', '42704', '42883', '3F'],
    {
      code: 'POSTGRES_NOT_FOUND',
      retryable: false,
      reason: 'something that is named does not exist',
      mend: 'Mend the name, or create what is missing (an extension, a schema, a type).',
      showsMessage: true,
    },
  ],
  [
    ['42', '26', '34', '25'],
    {
      code: 'POSTGRES_REFUSED',
      retryable: false,
      reason: 'the server refused the statement',
      mend: 'Mend the definition of the table, or the query, as the message says.',
      showsMessage: true,
    },
  ],
];

const UNREACHABLE: Told = {
  code: 'POSTGRES_UNAVAILABLE',
  retryable: true,
  reason: 'the server cannot be reached, or the connection to it was lost',
  mend: 'It is tried again by itself; look at host and port of the connection, and whether the server is up.',
};

const UNTRUSTED: Told = {
  code: 'POSTGRES_TLS',
  retryable: false,
  reason: 'no encrypted connection: the server has none, or its certificate is not trusted',
  mend: "Give the connection the authority's certificate, or mend its sslmode.",
};

const UNAUTHENTICATED: Told = {
  code: 'POSTGRES_AUTHENTICATION',
  retryable: false,
  reason: 'the server asks for a password in a way that the connection cannot answer',
  mend: 'Give the connection a password.',
};

const OTHER: Told = {
  code: 'POSTGRES_FAILED',
  retryable: true,
  reason: 'the server failed in a way of its own',
  mend: "Look into the server's log; it is tried again by itself.",
};

/** Codes of Node's network functions, and of its TLS. */
const NETWORK = /^(?:ECONN|EHOST|ENET|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|ENOENT|EADDRNOTAVAIL|ERR_SOCKET|ERR_STREAM)/;
const CERTIFICATE = /CERT|UNABLE_TO_|SELF_SIGNED|^ERR_(?:TLS|SSL)|^EPROTO$/;
/** What node-postgres says without any code, in its version 8. */
const LOST =
  /^(?:Connection terminated|timeout expired|Client (?:has encountered|was closed)|Query read timeout|timeout exceeded)/i;
const NO_TLS = /SSL (?:connections|request|connection)/i;
const NO_PASSWORD = /^SASL|password must be a string|authentication/i;

/**
 * What a failure means, by SQLSTATE where the server has spoken, else by the driver's own code or words.
 * @param sqlState Undefined when the server has said nothing.
 */
export function meaningOf(sqlState: string | undefined, error: unknown): FailureMeaning {
  if (sqlState !== undefined) {
    const found = STATES.find(([prefixes]) => prefixes.some((prefix) => sqlState.startsWith(prefix)));
    return known(found?.[1] ?? OTHER);
  }
  const { code, message } = driverWords(error);
  if (CERTIFICATE.test(code) || NO_TLS.test(message)) return known(UNTRUSTED);
  if (NETWORK.test(code) || LOST.test(message)) return known(UNREACHABLE);
  if (NO_PASSWORD.test(message)) return known(UNAUTHENTICATED);
  return { ...known(OTHER), reason: 'it failed for a reason that is not PostgreSQL’s own', isKnown: false };
}

function known(told: Told): FailureMeaning {
  return { showsMessage: false, ...told, isKnown: true };
}

function driverWords(error: unknown): { code: string; message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: '' };
  const code: unknown = Reflect.get(error, 'code');
  const message: unknown = Reflect.get(error, 'message');
  // Several addresses tried in vain: each has its own code, and they rarely differ in kind.
  const errors: unknown = Reflect.get(error, 'errors');
  if (code === undefined && Array.isArray(errors) && errors.length > 0) return driverWords(errors[0]);
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
}
