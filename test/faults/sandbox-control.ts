import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const faultLogSchema = z.object({
  log: z.array(z.object({ sequence: z.number(), kind: z.string(), label: z.string().nullable(), route: z.string() })),
});
const requestsSchema = z.object({
  latest: z.array(z.object({ sequence: z.number(), route: z.string(), status: z.number().nullable() })),
});
const stateSchema = z.object({
  imports: z.record(z.string(), z.number()),
  tables: z.array(
    z.object({
      conventionKey: z.string(),
      currentRows: z.number(),
      versions: z.number(),
      timesApplied: z.record(z.string(), z.number()),
    }),
  ),
});
const rowsSchema = z.object({ rows: z.array(z.record(z.string(), z.string().nullable())) });

export type SandboxState = z.output<typeof stateSchema>;

/** How often the sandbox is asked whether something has happened: a kill should hit right after it. */
const WATCH_EVERY_MS = 4;

const LONGEST_OUTAGE_MS = 20_000;

/** The sandbox's control API, as the campaign uses it from outside. */
export class SandboxControl {
  constructor(private readonly url: string) {}

  /** Rules of the product whose sandbox it is: the sandbox refuses those of another. */
  async arm(rules: readonly object[]): Promise<void> {
    await this.call('POST', 'faults', { rules });
  }

  async disarm(): Promise<void> {
    await this.call('DELETE', 'faults');
  }

  async revokeTokens(): Promise<void> {
    await this.call('POST', 'tokens/revoke');
  }

  /** Every token that it has issued. */
  async issuedTokens(): Promise<string[]> {
    return z.object({ issued: z.array(z.string()) }).parse(await this.call('GET', 'tokens')).issued;
  }

  /** Nobody can connect for a while; what the server holds stays. */
  async stopListening(forMs: number): Promise<void> {
    await this.call('POST', 'stop-listening', { forMs });
  }

  /** Whether the server answers within the time. */
  async answers(withinMs: number): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/_sandbox/health`, { signal: AbortSignal.timeout(withinMs) })).ok;
    } catch {
      // Refused, cut or too late: that is the answer.
      return false;
    }
  }

  /** Labels of the faults that were made. */
  async made(): Promise<Set<string>> {
    const { log } = faultLogSchema.parse(await this.call('GET', 'faults/log'));
    return new Set(log.flatMap(({ label }) => (label === null ? [] : [label])));
  }

  /** Resolves when a fault of this label has been made. */
  async untilMade(label: string, signal: AbortSignal): Promise<void> {
    while (!(await this.made()).has(label)) await sleep(WATCH_EVERY_MS, undefined, { signal });
  }

  /** Sequence number of the latest call. */
  async latestRequest(): Promise<number> {
    const { latest } = requestsSchema.parse(await this.call('GET', 'requests?limit=1'));
    return latest.at(-1)?.sequence ?? 0;
  }

  /** Resolves when a call of this route, later than `after`, has been answered. */
  async untilAnswered(route: string, after: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { latest } = requestsSchema.parse(await this.call('GET', 'requests?limit=60'));
      const hit = latest.some((entry) => entry.sequence > after && entry.route === route && entry.status !== null);
      if (hit) return;
      await sleep(WATCH_EVERY_MS, undefined, { signal });
    }
  }

  /** Waits for what it is processing, then tells what it holds. */
  async state(): Promise<SandboxState> {
    await this.call('POST', 'idle');
    return stateSchema.parse(await this.call('GET', 'state'));
  }

  async rows(table: string): Promise<Record<string, string | null>[]> {
    return rowsSchema.parse(await this.call('GET', `tables/${encodeURIComponent(table)}/rows?limit=10000000`)).rows;
  }

  protected async call(method: string, path: string, body?: object): Promise<unknown> {
    const reply = await this.reached(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!reply.ok)
      throw new Error(`the sandbox answered ${method} ${path} with ${reply.status}: ${await reply.text()}`);
    return reply.json();
  }

  /** While a fault keeps the sandbox from listening, whoever watches for another one waits. */
  private async reached(path: string, request: RequestInit): Promise<Response> {
    const until = performance.now() + LONGEST_OUTAGE_MS;
    for (;;) {
      try {
        return await fetch(`${this.url}/_sandbox/${path}`, request);
      } catch (error) {
        // What fetch throws when there is no connection, or it was cut.
        if (!(error instanceof TypeError) || performance.now() > until) throw error;
        await sleep(100);
      }
    }
  }
}
