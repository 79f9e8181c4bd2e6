import { Agent, request } from 'node:http';
import { FORM, valuesOf } from '../profiles/table.js';
import type { Sample } from '../rounds.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

export interface PlainProfiles {
  site: { url: string; username: string; password: string };
  userIds: readonly number[];
  round: number;
  /** 1: one call after the other. */
  lanes: number;
}

/** The same calls by node:http and nothing else: sign in, users, form, then a plain loop of one write per profile. */
const handlers = {
  run: async ({ site, userIds, round, lanes }: PlainProfiles): Promise<Sample> => {
    agent = new Agent({ keepAlive: true, maxSockets: lanes });
    const began = performance.now();
    const { username, password } = site;
    const appName = site.url.split('/').at(-1);
    const login = { username, password, loginProperties: { appName, clientTime: '2025-01-01T00:00:00' } };
    const { session, body } = await call(site.url, 'v2/user/loginUser', login);
    const enteredByUserId = (body as { user: { id: number } }).user.id;
    await call(site.url, 'v1/usersearch', { identification: [] }, session);
    await call(site.url, 'v3/forms/summaries', undefined, session);
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let index = next++; index < userIds.length; index = next++) {
        const pairs = Object.entries(valuesOf(index, round)).map(([key, value]) => ({ key, value }));
        const rows = [{ row: 0, pairs }];
        const userId = { userId: userIds[index] };
        const reply = await call(
          site.url,
          'v1/profileimport',
          { formName: FORM, userId, enteredByUserId, rows },
          session,
        );
        if ((reply.body as { state?: string }).state !== 'SUCCESSFULLY_IMPORTED')
          throw new Error('a profile of the plain loop was refused');
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return { seconds: (performance.now() - began) / 1_000, peakRssMegabytes: peakRssMegabytes() };
  },
  stop: () => {
    agent?.destroy();
    return Promise.resolve();
  },
};
export type PlainProfilesProgram = typeof handlers;

let agent: Agent | undefined;

function call(url: string, endpoint: string, json: object | undefined, session?: string) {
  return new Promise<{ session: string; body: unknown }>((resolve, reject) => {
    const sent = request(
      `${url}/api/${endpoint}${json === undefined ? '' : '?informat=json&format=json'}`,
      {
        method: json === undefined ? 'GET' : 'POST',
        ...(agent === undefined ? {} : { agent }),
        headers: {
          'content-type': 'application/json',
          'x-app-id': 'external.tidemark.bench',
          ...(session === undefined ? {} : { 'session-header': session, cookie: `JSESSIONID=${session}` }),
        },
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        reply.on('error', reject).on('end', () => {
          if (reply.statusCode !== 200) reject(new Error(`${endpoint} was answered by ${reply.statusCode ?? 0}`));
          else resolve({ session: String(reply.headers['session-header'] ?? ''), body: JSON.parse(text) });
        });
      },
    );
    sent.on('error', reject);
    sent.end(json === undefined ? undefined : JSON.stringify(json));
  });
}

serve(handlers);
