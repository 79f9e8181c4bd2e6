import got, { RequestError } from 'got';
import { TidemarkError } from '../../contracts/errors.js';

export interface WebhookOptions {
  /** Where it posts to. A secret: whoever knows it can post there too. */
  url: string;
  /** Headers of one's own, for instance an authorization. */
  headers?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 10_000;

/** Posts JSON to one address; errors never hold the address. */
export class Webhook {
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /**
   * @param id the same for each repetition of the same message: `Idempotency-Key`
   * @throws TidemarkError `NOTIFICATION_FAILED`, retryable unless the other side refused it for good
   */
  async post(body: object, id: string, signal?: AbortSignal): Promise<void> {
    const { url, headers } = this.#options;
    const { statusCode, headers: reply } = await got
      .post(url, {
        json: body,
        headers: { ...headers, 'idempotency-key': id, 'user-agent': 'tidemark' },
        timeout: { request: TIMEOUT_MS },
        retry: { limit: 0 },
        throwHttpErrors: false,
        followRedirect: false,
        ...(signal === undefined ? {} : { signal }),
      })
      .catch((error: unknown) => {
        // got's own words hold the address.
        throw failed(`could not be sent (${error instanceof RequestError ? error.code : 'unknown reason'})`, true);
      });
    if (statusCode < 300) return;
    const retryable = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    const seconds = Number(reply['retry-after']);
    throw failed(`was answered by status ${statusCode}`, retryable, {
      httpStatus: statusCode,
      ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
    });
  }
}

function failed(
  what: string,
  retryable: boolean,
  more: { httpStatus?: number; retryAfterSeconds?: number } = {},
): TidemarkError {
  return new TidemarkError(`The notification ${what}.`, {
    code: 'NOTIFICATION_FAILED',
    retryable,
    mend: 'Check the address and headers in notifications of the config.',
    ...more,
  });
}
