import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { SupervisedProcess } from './supervised-process.js';

const PAUSE_MS = 50;

/**
 * Waits until a session can be opened and answers. Our own password proves that it is our own server which has the port.
 * Throws the last refusal when the process has ended or the time is over.
 */
export async function untilPostgresAnswers(url: string, server: SupervisedProcess, timeoutMs: number): Promise<void> {
  const giveUp = Date.now() + timeoutMs;
  for (;;) {
    try {
      await ask(url);
      return;
    } catch (error) {
      if (server.hasEnded() || Date.now() > giveUp) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

async function ask(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A session that a failing start cuts off is one more refusal, which the query tells.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}
