import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HttpError, json, readBody, type Call, type Reply } from '../http/http.js';
import type { SandboxSettings } from './settings.js';

/** Client credentials in, bearer tokens out (fact sheet, section 2). */
export class Tokens {
  /** Every token ever issued, the revoked ones too: whoever searches logs for secrets has to know them. */
  readonly issued: string[] = [];
  private readonly expiries = new Map<string, number>();

  constructor(
    private readonly clientId: string,
    private readonly clientSecret: string,
    private readonly settings: () => SandboxSettings,
  ) {}

  /** `POST /oauth/token`: a form with exactly the three fields of a client-credentials grant. */
  async issue(call: Call): Promise<Reply> {
    const type = call.request.headers['content-type'] ?? '';
    const form = new URLSearchParams((await readBody(call.request)).toString('utf8'));
    if (!type.startsWith('application/x-www-form-urlencoded')) {
      return oauthError(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded');
    }
    if (form.get('grant_type') !== 'client_credentials') {
      return oauthError(400, 'unsupported_grant_type', 'The grant type must be client_credentials');
    }
    const known = same(form.get('client_id') ?? '', this.clientId);
    if (!same(form.get('client_secret') ?? '', this.clientSecret) || !known) {
      return oauthError(401, 'invalid_client', 'Client authentication failed');
    }
    const { tokenTtlSeconds, tokenClockSkewSeconds } = this.settings();
    const token = randomBytes(24).toString('base64url');
    this.issued.push(token);
    this.expiries.set(token, Date.now() + tokenTtlSeconds * 1000);
    return json({
      access_token: token,
      token_type: 'Bearer',
      expires_in: tokenTtlSeconds,
      scope: 'api:read api:write',
      created_at: Math.floor(Date.now() / 1000 + tokenClockSkewSeconds),
    });
  }

  /** Throws 401 unless the call carries a token that is alive. */
  check(call: Call): void {
    const [scheme, token] = (call.request.headers.authorization ?? '').split(' ');
    const expiry = scheme?.toLowerCase() === 'bearer' && token !== undefined ? this.expiries.get(token) : undefined;
    if (expiry === undefined) throw new HttpError(401, 'The access token is invalid');
    if (expiry <= Date.now()) throw new HttpError(401, 'The access token expired');
  }

  /** From now on every token issued so far is refused. */
  revokeAll(): void {
    this.expiries.clear();
  }
}

function same(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function oauthError(status: number, error: string, description: string): Reply {
  return json({ error, error_description: description }, status);
}
