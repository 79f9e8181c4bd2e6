/** What crosses every boundary about one failure. Never holds a credential, a token, a signed URL or the value of a row. */
export interface ErrorInfo {
  /** Stable, for machines and for `tidemark errors CODE`: `TITAN_AUTHENTICATION`, `DUPLICATE_KEYS`, ... */
  code: string;
  /** What went wrong, where, and how to mend it. At most {@link MAX_ERROR_TEXT} characters. */
  message: string;
  /** Whether trying the same again can help. */
  retryable: boolean;
  /** HTTP status where there was one. */
  httpStatus?: number;
}

/** Longest error text that is kept, in characters: a server's error page must not fill a workflow's history. */
export const MAX_ERROR_TEXT = 2_000;

/** Cuts a text to `limit` characters, saying that it did. */
export function cutText(text: string, limit: number = MAX_ERROR_TEXT): string {
  if (text.length <= limit) return text;
  const mark = '… [cut]';
  return text.slice(0, Math.max(0, limit - mark.length)) + mark;
}

export interface TidemarkErrorOptions {
  code: string;
  retryable: boolean;
  /** What to do about it: one sentence, added to the message. */
  mend?: string;
  httpStatus?: number;
  /** Seconds the server asked to wait (Retry-After). */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** The one error class that connectors throw: classified at its source as terminal or transient. */
export class TidemarkError extends Error {
  override readonly name: string = 'TidemarkError';
  readonly code: string;
  readonly retryable: boolean;
  readonly httpStatus: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: TidemarkErrorOptions) {
    super(
      cutText(options.mend === undefined ? message : `${message} ${options.mend}`),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = options.code;
    this.retryable = options.retryable;
    this.httpStatus = options.httpStatus;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  toInfo(): ErrorInfo {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.httpStatus === undefined ? {} : { httpStatus: this.httpStatus }),
    };
  }
}
