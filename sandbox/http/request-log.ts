/** One call that a sandbox has seen. Holds no header, no query, no body: no token and no signature. */
export interface RequestEntry {
  sequence: number;
  /** ISO 8601. */
  at: string;
  route: string;
  method: string;
  path: string;
  /** Null while under way, and when no reply was sent. */
  status: number | null;
  durationMs: number | null;
  /** Kind of the fault that befell it. */
  fault: string | null;
}

const KEPT = 100_000;

/** The latest calls, and how many there were of each route. */
export class RequestLog {
  readonly entries: RequestEntry[] = [];
  readonly counts: Record<string, number> = {};
  /** Calls that were under way at the same time, at most. */
  mostUnderWay = 0;
  private sequence = 0;
  underWay = 0;

  begin(route: string, method: string, path: string): RequestEntry {
    const entry: RequestEntry = {
      sequence: ++this.sequence,
      at: new Date().toISOString(),
      route,
      method,
      path,
      status: null,
      durationMs: null,
      fault: null,
    };
    this.counts[route] = (this.counts[route] ?? 0) + 1;
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    this.entries.push(entry);
    // Dropped by thousands: dropping one at a time would move the whole list with each call.
    if (this.entries.length > KEPT + 1_000) this.entries.splice(0, 1_000);
    return entry;
  }

  /** One call less is under way: its reply has been handed over, or never will be. */
  end(): void {
    this.underWay -= 1;
  }

  clear(): void {
    this.mostUnderWay = this.underWay;
    this.entries.length = 0;
    for (const route of Object.keys(this.counts)) Reflect.deleteProperty(this.counts, route);
  }
}
