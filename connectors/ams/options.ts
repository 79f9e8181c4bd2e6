import { z } from 'zod';
import { callLog, milliseconds, retryTries, webAddress, wrongOptions } from '../http/option-schemas.js';
import { amsError } from './errors.js';

const EXAMPLE = 'https://example.smartabase.com/site';

/** Address of a site, its name last. */
const siteAddress = webAddress(EXAMPLE).refine((url) => siteOf(url) !== '', {
  error: `must end with the name of the site, for instance ${EXAMPLE}`,
});

export const amsClientOptionsSchema = z.strictObject({
  /** Address of the instance with the name of the site. */
  url: siteAddress,
  /** The login name, which is not the e-mail address. Left out: the variable AMS_USERNAME. */
  username: z.string().min(1).optional(),
  /** Left out: the variable AMS_PASSWORD. */
  password: z.string().min(1).optional(),
  /** Milliseconds. */
  timeouts: z
    .strictObject({
      /** Looking up the name, connecting, and the TLS handshake, each. */
      connectMs: milliseconds.default(10_000),
      /** One whole call, its reply included; signing in is one as well. */
      requestMs: milliseconds.default(60_000),
    })
    .prefault({}),
  /** Tries after the first. */
  retry: retryTries,
  /** Most requests under way at a time, signing in included, whoever asks. AMS documents no limit: kept low. */
  maxInFlight: z.int().min(1).max(1_000).default(8),
  /** What `X-APP-ID` says, by which AMS tells programs apart. */
  appId: z.string().min(1).default('external.tidemark.worker'),
  userAgent: z.string().min(1).default('tidemark'),
  /** Called for each call, retry and session. */
  log: callLog,
});

/** As a caller writes them. Unknown keys are refused. */
export type AmsClientOptions = z.input<typeof amsClientOptionsSchema>;

/** With every default filled in, and the credentials found. */
export type AmsSettings = z.output<typeof amsClientOptionsSchema> & {
  site: string;
  username: string;
  password: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Errors: `AMS_BAD_OPTIONS` names each wrong option, never its value; `AMS_NO_CREDENTIALS`. */
export function parseOptions(options: unknown, environment: Environment): AmsSettings {
  const result = amsClientOptionsSchema.safeParse(options);
  if (!result.success) throw amsError('AMS_BAD_OPTIONS', wrongOptions('an AMS connection', result.error));
  const username = result.data.username ?? environment['AMS_USERNAME'] ?? '';
  const password = result.data.password ?? environment['AMS_PASSWORD'] ?? '';
  if (username === '' || password === '') {
    const missing = [...(username === '' ? ['username'] : []), ...(password === '' ? ['password'] : [])];
    throw amsError('AMS_NO_CREDENTIALS', `The AMS connection has no ${missing.join(' and no ')}`);
  }
  return { ...result.data, site: siteOf(result.data.url), username, password };
}

/** The last segment of the path; empty where there is none, as in an address that is a host alone. */
function siteOf(url: string): string {
  if (!URL.canParse(url)) return '';
  return new URL(url).pathname.split('/').at(-1) ?? '';
}
