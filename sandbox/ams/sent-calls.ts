import type { Call, Json } from '../http/http.js';

/** What one call sent, its session apart. */
export interface SentCall {
  route: string;
  method: string;
  /** With its query. */
  path: string;
  appId: string | null;
  userAgent: string | null;
  body: Json;
}

const KEPT = 10_000;

/** The latest calls, with what they sent. */
export class SentCalls {
  readonly entries: SentCall[] = [];

  add({ route, method, url, request: { headers }, body }: Call): void {
    const appId = headers['x-app-id'];
    this.entries.push({
      route,
      method,
      path: `${url.pathname}${url.search}`,
      appId: typeof appId === 'string' ? appId : null,
      userAgent: headers['user-agent'] ?? null,
      body,
    });
    // Dropped by thousands: dropping one at a time would move the whole list with each call.
    if (this.entries.length > KEPT + 1_000) this.entries.splice(0, 1_000);
  }
}
