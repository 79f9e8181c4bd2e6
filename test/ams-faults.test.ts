import { describe, expect, it } from '@jest/globals';
import type { AmsClient } from '../connectors/ams/index.js';
import type { AmsFaultRuleInput } from '../sandbox/ams/index.js';
import { amsSite, FORM } from './support/ams.js';
import { everything, failure } from './support/titan-client.js';

const site = amsSite();
const bo = () => site.idOf('bo.birchwood');
let locker = 0;

interface Case {
  route: string;
  call: (client: AmsClient) => Promise<unknown>;
}
const CALLS: Case[] = [
  { route: 'login', call: (client) => client.check() },
  { route: 'forms.summaries', call: (client) => client.findForm(FORM) },
  { route: 'forms.get', call: (client) => client.findForm(FORM) },
  { route: 'usersearch', call: (client) => client.users() },
  { route: 'profilesearch', call: (client) => client.profiles({ form: FORM, userIds: [bo()] }) },
  { route: 'profileimport', call: (client) => client.upsertProfile(write(String(++locker))) },
];
const write = (value: string) => ({ form: FORM, userId: bo(), values: { Locker: value } });

const TRANSIENT: [string, Partial<AmsFaultRuleInput>][] = [
  ['a reply that is lost after the work was done', { kind: 'lostReply' }],
  ['a connection that is reset', { kind: 'reset' }],
  ['a reply that breaks off', { kind: 'resetMidBody' }],
  ['a 500', { kind: 'status', status: 500 }],
  ['a 503', { kind: 'status', status: 503 }],
  ['a 429', { kind: 'status', status: 429 }],
  ['a page of HTML with status 200', { kind: 'notJson' }],
  ['a reply that is cut off', { kind: 'truncated' }],
  ['an exception in a 200 that says it will pass', { kind: 'rpcException', state: 'java.net.SocketTimeoutException' }],
  ['a failing state in a 200 that says it will pass', { kind: 'stateError', message: 'Server busy, try again' }],
];

describe.each(TRANSIENT)('%s', (_, fault) => {
  it.each(CALLS)('is got over by $route (weaknesses 15 and 20)', async ({ route, call }) => {
    const client = site.client();
    site.sandbox.setFaults([{ kind: 'status', ...fault, match: { route: route as 'login' }, times: 1 }]);
    await call(client);
    expect(site.sandbox.faultLog.at(-1)).toMatchObject({ route, kind: fault.kind });
    expect(site.log.filter(({ event }) => event === 'retry')).toHaveLength(1);
    if (route === 'profileimport') expect(site.stored(bo())?.['Locker']).toBe(String(locker));
  });
});

describe('what does not pass', () => {
  it.each([
    ['a 500', { kind: 'status', status: 500 }, 'AMS_SERVER_ERROR', true],
    ['a reset', { kind: 'reset' }, 'AMS_UNREACHABLE', true],
    ['a page of HTML', { kind: 'notJson' }, 'AMS_UNEXPECTED_REPLY', true],
    ['an empty reply', { kind: 'noContent' }, 'AMS_UNEXPECTED_REPLY', true],
  ] as const)(
    '%s is an error after the last try, and says that trying again can help',
    async (_, fault, code, retryable) => {
      const client = site.client();
      site.sandbox.setFaults([{ ...fault, match: { route: 'profileimport' } }]);
      const error = await failure(client.upsertProfile(write('1')));
      expect(error).toMatchObject({ code, retryable });
      expect(site.calls('profileimport')).toBe(4);
    },
  );

  it.each([
    ['a 400', { kind: 'status', status: 400 }, 'AMS_INVALID'],
    ['a 403', { kind: 'status', status: 403 }, 'AMS_FORBIDDEN'],
    ['a 404', { kind: 'status', status: 404 }, 'AMS_NOT_FOUND'],
    ['a 501', { kind: 'status', status: 501 }, 'AMS_SERVER_ERROR'],
    ['a redirect', { kind: 'status', status: 302 }, 'AMS_UNEXPECTED_REPLY'],
    ['another shape', { kind: 'wrongShape' }, 'AMS_UNEXPECTED_REPLY'],
    ['an exception in a 200', { kind: 'rpcException', message: 'No such thing' }, 'AMS_REFUSED'],
    ['a state spelled with a space', { kind: 'stateError', state: 'UNEXPECTED ERROR', message: 'No' }, 'AMS_REFUSED'],
  ] as const)('%s fails at once', async (_, fault, code) => {
    const client = site.client();
    site.sandbox.setFaults([{ ...fault, match: { route: 'usersearch' } }]);
    expect(await failure(client.users())).toMatchObject({ code, retryable: false });
    expect(site.calls('usersearch')).toBe(1);
  });

  it('an exception is told by its own words (weakness 21)', async () => {
    const client = site.client();
    site.sandbox.setFaults([{ kind: 'rpcException', match: { route: 'profileimport' }, message: 'Form is locked' }]);
    const error = await failure(client.upsertProfile(write('1')));
    expect(error.message).toContain('java.lang.RuntimeException: Form is locked');
    expect(error.message).not.toContain('__is_rpc_exception__');
  });

  it('an error that quotes the value that was sent does not tell it', async () => {
    const client = site.client();
    const message = `Locker 'very-private-value' (very-private-value) of 77 is wrong`;
    site.sandbox.setFaults([{ kind: 'stateError', match: { route: 'profileimport' }, message }]);
    const values = { Locker: 'very-private-value', 'Height cm': '77' };
    const error = await failure(client.upsertProfile({ form: FORM, userId: bo(), values }));
    expect(error.message).toContain("Locker '[value]' ([value]) of [value] is wrong");
    expect(everything(error)).not.toContain('very-private');
  });

  it('a server that is silent ends in a timeout, sign-in included (weakness 16)', async () => {
    const wishes = { timeouts: { requestMs: 100 }, retry: { limit: 0 } };
    for (const route of ['login', 'usersearch'] as const) {
      site.sandbox.setFaults([{ kind: 'hang', match: { route } }]);
      expect(await failure(site.client(wishes).users())).toMatchObject({ code: 'AMS_TIMEOUT', retryable: true });
    }
  });

  it('a server that is not there is unreachable, and Retry-After that is too long is handed on', async () => {
    const client = site.client({ url: 'http://127.0.0.1:9/demo', retry: { limit: 0 } });
    expect((await failure(client.users())).code).toBe('AMS_UNREACHABLE');
    site.sandbox.setFaults([{ kind: 'status', status: 429, retryAfter: 30, match: { route: 'usersearch' } }]);
    const error = await failure(site.client().users());
    expect(error).toMatchObject({ code: 'AMS_RATE_LIMITED', retryable: true, retryAfterSeconds: 30 });
    expect(site.calls('usersearch')).toBe(1);
  });
});

describe('replies to a write of odd shapes', () => {
  it.each(['top', 'result', 'data'] as const)('state and ids at the %s are read', async (replyShape) => {
    site.sandbox.configure({ replyShape });
    const { id } = await site.client().upsertProfile(write('2'));
    expect(id).toEqual(site.sandbox.profiles(FORM).find(({ userId }) => userId === bo())?.id);
    const refused = await failure(site.client().upsertProfile({ ...write('2'), form: 'Nowhere' }));
    expect(refused.code).toBe('AMS_REFUSED');
  });

  it('no id is null, two ids are the first: one write is one record (weakness 22)', async () => {
    const client = site.client();
    site.sandbox.setFaults([
      { kind: 'emptyIds', times: 1 },
      { kind: 'twoIds', times: 1 },
    ]);
    await client.check();
    site.sandbox.setFaults([
      { kind: 'emptyIds', match: { route: 'profileimport' }, times: 1 },
      { kind: 'twoIds', match: { route: 'profileimport' }, times: 1 },
    ]);
    expect(await client.upsertProfile(write('3'))).toEqual({ id: null });
    expect((await client.upsertProfile(write('3'))).id).toBeGreaterThan(1);
  });

  it('a null state is no success: asked again, then an error of this record alone (weakness 20)', async () => {
    const client = site.client();
    site.sandbox.setFaults([{ kind: 'nullState', match: { route: 'profileimport', userId: bo() } }]);
    const [bad, good] = await Promise.allSettled([
      client.upsertProfile(write('4')),
      client.upsertProfile({ ...write('4'), userId: site.idOf('cleo.birchwood') }),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'AMS_UNEXPECTED_REPLY' } });
    expect(good.status).toBe('fulfilled');
  });

  it('a list of one is read, `0 out of 1` with a success is none', async () => {
    const client = site.client();
    site.sandbox.setFaults([
      { kind: 'stateError', state: 'SUCCESS', message: '0 out of 1 imported', match: { route: 'profileimport' } },
    ]);
    expect((await failure(client.upsertProfile(write('5')))).code).toBe('AMS_REFUSED');
  });

  it('a refusal by a status is an error as well', async () => {
    site.sandbox.configure({ refusedWrites: 'status' });
    const error = await failure(site.client().upsertProfile({ ...write('6'), form: 'Nowhere' }));
    expect(error).toMatchObject({ code: 'AMS_INVALID', httpStatus: 400 });
  });
});

describe('sessions', () => {
  it.each(['401', 'state', 'exception'] as const)(
    'one that ended, told by %s, is renewed once for all who share it (weakness 10)',
    async (endedSession) => {
      site.sandbox.configure({ endedSession, latencyMs: 5 });
      const client = site.client();
      await client.check();
      site.sandbox.endSessions();
      const users = site.sandbox.users.slice(0, 20);
      await Promise.all(users.map(({ id }) => client.upsertProfile({ ...write('7'), userId: id })));
      expect(site.calls('login')).toBe(2);
      expect(users.every(({ id }) => site.stored(id)?.['Locker'] === '7')).toBe(true);
    },
  );

  it.each(CALLS.filter(({ route }) => route !== 'login'))(
    'one that ends at $route is renewed',
    async ({ route, call }) => {
      site.sandbox.setFaults([{ kind: 'sessionEnd', match: { route: route as 'usersearch' }, times: 1 }]);
      await call(site.client());
      expect(site.calls('login')).toBe(2);
    },
  );

  it('that end after a few calls each do not stop a long run', async () => {
    site.sandbox.configure({ callsPerSession: 3 });
    const client = site.client();
    for (const { id } of site.sandbox.users.slice(0, 15)) await client.upsertProfile({ ...write('8'), userId: id });
    expect(site.calls('login')).toBe(5);
  });

  it('that never hold are an error in the end', async () => {
    site.sandbox.setFaults([{ kind: 'sessionEnd', match: { route: 'usersearch' } }]);
    expect(await failure(site.client().users())).toMatchObject({ code: 'AMS_SESSION_ENDED', retryable: true });
    expect(site.calls('usersearch')).toBe(8);
  });

  it.each(['401', 'exception', 'exceptionWithHeader'] as const)(
    'bad credentials, told by %s, are terminal and tried once',
    async (badCredentials) => {
      site.sandbox.configure({ badCredentials });
      const client = site.client({ password: 'not-the-password' });
      const errors = await Promise.all([
        failure(client.check()),
        failure(client.users()),
        failure(client.findForm(FORM)),
      ]);
      for (const error of errors) expect(error).toMatchObject({ code: 'AMS_AUTHENTICATION', retryable: false });
      expect(site.calls('login')).toBe(1);
      expect(errors.map(everything).join()).not.toContain('not-the-password');
    },
  );

  it('a site that is another is refused at sign-in', async () => {
    const url = site.sandbox.url.replace(/demo$/u, 'other');
    expect((await failure(site.client({ url }).check())).code).toBe('AMS_NOT_FOUND');
  });

  it('a sign-in without a session is not taken for one', async () => {
    site.sandbox.setFaults([{ kind: 'missingHeader', match: { route: 'login' } }]);
    expect((await failure(site.client().check())).code).toBe('AMS_UNEXPECTED_REPLY');
  });
});

describe('limits', () => {
  it('Retry-After of a rate limit is obeyed, and everything arrives', async () => {
    site.sandbox.configure({ maxInFlight: 2, retryAfterSeconds: 0, latencyMs: 2 });
    const client = site.client({ maxInFlight: 6, retry: { limit: 50, firstDelayMs: 5, maxDelayMs: 20 } });
    const users = site.sandbox.users.slice(0, 30);
    await Promise.all(users.map(({ id }) => client.upsertProfile({ ...write('9'), userId: id })));
    expect(site.log.some(({ code }) => code === 'AMS_RATE_LIMITED')).toBe(true);
    expect(users.every(({ id }) => site.stored(id)?.['Locker'] === '9')).toBe(true);
    expect(site.sandbox.peakInFlight).toBeLessThanOrEqual(6);
  });

  it('a call that is aborted ends at once with the reason of who aborted it; the session serves the others', async () => {
    const client = site.client();
    await client.check();
    site.sandbox.setFaults([{ kind: 'hang', match: { route: 'profileimport' }, times: 1 }]);
    const stop = new AbortController();
    const stopped = client.upsertProfile(write('10'), { signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    await client.upsertProfile(write('11'));
    expect(site.calls('login')).toBe(1);
  });
});
