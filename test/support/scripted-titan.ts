import { afterEach, beforeEach } from '@jest/globals';
import type { TitanLogEntry, TitanRdmClient } from '../../connectors/titanrdm/index.js';
import { type ScriptedServer, startScriptedServer } from './scripted-server.js';
import { quickClient } from './titan-client.js';

export interface ClientWishes {
  limit?: number;
  maxDelayMs?: number;
  requestMs?: number;
  url?: string;
}

export interface ScriptedTitan {
  /** New for each test. */
  server: ScriptedServer;
  /** What the clients of this test logged. */
  log: TitanLogEntry[];
  /** A client of the server, closed at the end of the test. */
  client: (wishes?: ClientWishes) => TitanRdmClient;
}

/** Gives each test of a file a scripted server of its own, and clients to it. */
export function scriptedTitan(): ScriptedTitan {
  const clients: TitanRdmClient[] = [];
  let server: ScriptedServer | undefined;
  const titan: ScriptedTitan = {
    get server() {
      if (server === undefined) throw new Error('the server runs only during a test');
      return server;
    },
    set server(replacement) {
      server = replacement;
    },
    log: [],
    client: ({ limit = 3, maxDelayMs = 5, requestMs = 5_000, url = titan.server.url } = {}) => {
      const made = quickClient(url, {
        retry: { limit, firstDelayMs: 1, maxDelayMs },
        timeouts: { requestMs, completeMs: 5_000, transferIdleMs: 5_000 },
        log: (entry) => void titan.log.push(entry),
      });
      clients.push(made);
      return made;
    },
  };
  beforeEach(async () => {
    server = await startScriptedServer();
    titan.log = [];
  });
  afterEach(async () => {
    for (const made of clients.splice(0)) made.close();
    await server?.close();
  });
  return titan;
}

export const branch = (id: number, name = `branch ${id}`): { id: number; name: string } => ({ id, name });
/** A reply with one page of a list. */
export const page = (data: unknown[], totalPages = 1): { json: unknown } => ({
  json: { data, meta: { total_pages: totalPages } },
});
