import { textField } from './text-field.js';

/** Takes what must not be seen out of texts and errors: this connection's secret and tokens, signed addresses, credentials of any kind. */
export class Redactor {
  readonly #fixed: string[];
  /** Tokens seen, the latest last: a server may quote an older one. */
  #tokens: string[] = [];

  constructor(secrets: readonly string[]) {
    this.#fixed = secrets.flatMap(spellings);
  }

  rememberToken(token: string): void {
    this.#tokens = [...this.#tokens.slice(-2 * (MAX_TOKENS - 1)), ...spellings(token)];
  }

  text(text: string): string {
    let clean = text;
    for (const secret of [...this.#fixed, ...this.#tokens]) clean = clean.replaceAll(secret, HIDDEN);
    return redactPatterns(clean);
  }

  /** A plain copy with name, code and cleaned message only. Errors of HTTP libraries hold headers and addresses in their fields. */
  error(error: unknown): Error {
    const copy: Error & { code?: string } = new Error(this.text(textField(error, 'message') ?? String(error)));
    copy.name = textField(error, 'name') ?? 'Error';
    copy.stack = `${copy.name}: ${copy.message}`;
    const code = textField(error, 'code');
    if (code !== undefined) copy.code = code;
    return copy;
  }
}

const HIDDEN = '[redacted]';
const MAX_TOKENS = 10;

/** A secret as it is and as it stands in a form or an address. Very short ones would blot out ordinary words. */
function spellings(secret: string): string[] {
  return secret.length < 4 ? [] : [...new Set([secret, encodeURIComponent(secret)])];
}

const ADDRESS = /\bhttps?:\/\/[^\s"'<>\\]+/giu;
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]+/giu;
const FIELD =
  /"(access_token|refresh_token|client_secret|password|signed_s3_url|download_urls?)"\s*:\s*("[^"]*"|\[[^\]]*\])/giu;
const PARAMETER =
  /\b((?:x-(?:amz|goog|ms)-)?(?:signature|credential|security-token|sig|token|access_token|client_secret|password|awsaccesskeyid))=[^&\s"'<>]+/giu;

/** Without knowing the secrets: addresses lose what follows the host when they carry a query, and their user and password. */
export function redactPatterns(text: string): string {
  return text
    .replaceAll(FIELD, `"$1":"${HIDDEN}"`)
    .replaceAll(ADDRESS, redactAddress)
    .replaceAll(BEARER, `$1 ${HIDDEN}`)
    .replaceAll(PARAMETER, `$1=${HIDDEN}`);
}

function redactAddress(address: string): string {
  if (!URL.canParse(address)) return HIDDEN;
  const url = new URL(address);
  const origin = `${url.protocol}//${url.host}`;
  return url.search === '' && url.hash === '' ? `${origin}${url.pathname}` : `${origin}/${HIDDEN}`;
}
