import { describe, expect, it } from '@jest/globals';
import { AMS_ROUTE_NAMES, startAmsSandbox } from '../sandbox/ams/index.js';
import { amsSite, FORM } from './support/ams.js';

const site = amsSite();
const QUERY = '?informat=json&format=json';

async function post(endpoint: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${site.sandbox.url}/api/${endpoint}${QUERY}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: JSON.parse(text) as Record<string, unknown>,
  };
}

async function signIn(password = site.sandbox.password, username = site.sandbox.username) {
  const loginProperties = { appName: 'demo', clientTime: '2026-01-31T09:15:00' };
  return await post('v2/user/loginUser', { username, password, loginProperties });
}

async function session(...credentials: [string, string] | []): Promise<Record<string, string>> {
  return { 'session-header': (await signIn(...credentials)).headers.get('session-header') ?? '' };
}

const get = async (path: string, headers: Record<string, string>) => {
  const response = await fetch(`${site.sandbox.url}/api/v3/${path}`, { headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
};

const profile = (userId: number, pairs: { key: string; value: unknown }[], formName = FORM) => ({
  formName,
  userId: { userId },
  enteredByUserId: 1,
  rows: [{ row: 0, pairs }],
});

describe('signing in', () => {
  it('needs no basic credentials, and gives header, cookie and the id of the account', async () => {
    const { status, headers, json } = await signIn();
    expect(status).toBe(200);
    expect(json).toMatchObject({ user: { id: expect.any(Number) }, applicationId: expect.any(Number) });
    expect(headers.get('set-cookie')).toContain(`JSESSIONID=${headers.get('session-header')}`);
  });

  it('is refused by 401, or by an exception in a 200, without the header or with one that opens nothing', async () => {
    expect((await signIn('wrong')).status).toBe(401);
    site.sandbox.configure({ badCredentials: 'exception' });
    const { status, headers, json } = await signIn('wrong');
    expect([status, headers.get('session-header')]).toEqual([200, null]);
    expect(json).toMatchObject({ __is_rpc_exception__: true, value: { detailMessage: expect.any(String) } });
    site.sandbox.configure({ badCredentials: 'exceptionWithHeader' });
    const other = await signIn('wrong');
    expect(other.json).toEqual(json);
    const token = other.headers.get('session-header') ?? '';
    expect(token).not.toBe('');
    expect(site.sandbox.issuedSessions).not.toContain(token);
  });

  it('a session is known by its header or its cookie; without one, or in one that ended, the answer is 401', async () => {
    const headers = await session();
    const cookie = { cookie: `JSESSIONID=${headers['session-header']}` };
    for (const each of [headers, cookie]) expect((await post('v1/listgroups', {}, each)).status).toBe(200);
    expect((await post('v1/listgroups', {})).status).toBe(401);
    site.sandbox.endSessions();
    expect((await post('v1/listgroups', {}, headers)).status).toBe(401);
  });

  it('a session ends after its time', async () => {
    site.sandbox.configure({ sessionTtlSeconds: 0.001 });
    const headers = await session();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await post('v1/listgroups', {}, headers)).status).toBe(401);
  });
});

describe('users', () => {
  it('are found all, by username or by address, each compared to the letter', async () => {
    const headers = await session();
    const search = async (identification: unknown[]) =>
      ((await post('v1/usersearch', { identification }, headers)).json['results'] as { results: unknown[] }[]).map(
        ({ results }) => results.length,
      );
    expect(await search([])).toEqual([site.sandbox.users.length]);
    expect(await search([{ username: 'ada.amberley' }, { username: 'ADA.amberley' }])).toEqual([1, 0]);
    expect(await search([{ email: 'family.amberley@example.com' }])).toEqual([2]);
  });

  it('are in groups, of which an account sees those that it coaches', async () => {
    site.sandbox.addAccount({ username: 'c1', password: 'coach', coaches: ['Academy'], forms: [FORM] });
    const coach = await session('coach', 'c1');
    expect((await post('v1/listgroups', { name: 'c1' }, coach)).json).toEqual({ name: ['Academy'] });
    const { json } = await post('v1/groupmembers', { name: ['Academy', 'Reserves'] }, coach);
    const counts = (json['results'] as { results: unknown[] }[]).map(({ results }) => results.length);
    expect(counts).toEqual([22, 0]);
  });
});

describe('forms', () => {
  it('are listed by all five types, null where there is none; their schema is a tree', async () => {
    const headers = await session();
    const { json } = await get('forms/summaries', headers);
    expect(Object.keys(json).sort()).toEqual(['database', 'event', 'linkedOnlyEvent', 'linkedOnlyProfile', 'profile']);
    expect(json['linkedOnlyEvent']).toBeNull();
    const [form] = json['profile'] as { id: number }[];
    const tree = await get(`forms/profile/${form?.id}`, headers);
    expect(tree.json).toMatchObject({
      name: FORM,
      children: [{ type: 'FormFieldSet', children: [{ type: 'FormItem', formItemType: 'Number' }, {}, {}] }, {}, {}],
    });
    expect((await get('forms/event/1', headers)).status).toBe(404);
  });

  it('out of reach are not listed, and 403 with `Access denied` when they are asked for', async () => {
    site.sandbox.addAccount({ username: 'c2', password: 'coach', forms: ['Medical Summary'] });
    const coach = await session('coach', 'c2');
    expect((await get('forms/summaries', coach)).json['profile']).toBeNull();
    const refused = await post('v1/profileimport', profile(10_001, [{ key: 'Locker', value: '1' }]), coach);
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('Access denied')]);
  });
});

describe('profiles', () => {
  const userId = () => site.idOf('eli.birchwood');
  const put = async (pairs: { key: string; value: unknown }[], form = FORM) =>
    (await post('v1/profileimport', profile(userId(), pairs, form), await session())).json;

  it('are written, merged and cleared: one record for each user and form', async () => {
    const first = await put([
      { key: 'Locker', value: '1' },
      { key: 'Remarks', value: 'a' },
    ]);
    expect(first).toMatchObject({ state: 'SUCCESSFULLY_IMPORTED', ids: [expect.any(Number)] });
    expect(await put([{ key: 'Remarks', value: '' }])).toMatchObject({ ids: first['ids'] });
    expect(site.stored(userId())).toEqual({ Locker: '1' });
    site.sandbox.configure({ omittedFields: 'clear' });
    await put([{ key: 'Remarks', value: 'b' }]);
    expect(site.stored(userId())).toEqual({ Remarks: 'b' });
  });

  it('lose fields that the form does not have or that are computed: mentioned in brackets, or in silence', async () => {
    const pairs = [
      { key: 'Nope', value: '1' },
      { key: 'Body Mass Index', value: '2' },
      { key: 'Locker', value: '3' },
    ];
    expect((await put(pairs))['message']).toContain('[Nope, Body Mass Index]');
    site.sandbox.configure({ unknownFields: 'drop' });
    expect((await put(pairs))['message']).not.toContain('[');
    expect(site.stored(userId())).toMatchObject({ Locker: '3' });
  });

  it.each([
    ['no such form', [{ key: 'Locker', value: '1' }], 'Nowhere'],
    ['an event form', [{ key: 'RPE', value: '1' }], 'Training Log'],
    ['a form that is read only', [{ key: 'Debut', value: '01/01/2020' }], 'Club Record'],
    ['a number that is none', [{ key: 'Height cm', value: '1,80' }], FORM],
    ['a date of another spelling', [{ key: 'Contract Until', value: '2027-01-31' }], FORM],
    ['a day that there is not', [{ key: 'Contract Until', value: '30/02/2027' }], FORM],
    ['a choice that there is not', [{ key: 'Captain', value: 'yes' }], FORM],
    ['a value that is no text', [{ key: 'Locker', value: 5 }], FORM],
    ['a required field that is missing', [{ key: 'Contact Name', value: 'Zed' }], 'Emergency Contact'],
  ])('are refused in a 200: %s', async (_, pairs, form) => {
    expect(await put(pairs, form)).toMatchObject({ state: 'UNEXPECTED_ERROR', message: expect.any(String) });
    expect(await put([{ key: 'Locker', value: 'still there' }])).toMatchObject({ state: 'SUCCESSFULLY_IMPORTED' });
  });

  it('are read back by form and users; what is missing is an error in a 200', async () => {
    await put([{ key: 'Locker', value: '00123' }]);
    const headers = await session();
    const { json } = await post('v1/profilesearch', { formNames: [FORM], userIds: [userId(), 1] }, headers);
    expect(json['profiles']).toMatchObject([{ formName: FORM, userId: userId(), rows: [{ row: 0 }] }]);
    const missing = await post('v1/profilesearch', { formNames: ['Nowhere'], userIds: [] }, headers);
    expect(missing.json).toEqual({ error: expect.any(String) });
  });
});

describe('events', () => {
  it('are written, written over, and read back', async () => {
    const headers = await session();
    const event = { ...profile(10_001, [{ key: 'RPE', value: '7' }], 'Training Log'), startDate: '01/01/2026' };
    const made = (await post('v1/eventsimport', { events: [event, event] }, headers)).json['result'];
    const [{ ids }] = made as [{ ids: number[] }];
    await post(
      'v1/eventsimport',
      { events: [{ ...event, startDate: '02/01/2026', existingEventId: ids[0] }] },
      headers,
    );
    const found = await post('v1/eventsearch', { formNames: ['Training Log'], userIds: [10_001] }, headers);
    expect(found.json['events']).toMatchObject([{ id: ids[0], startDate: '02/01/2026' }, { startDate: '01/01/2026' }]);
  });
});

describe('the sandbox itself', () => {
  it('turns calls away that are too many in a second, with Retry-After', async () => {
    const headers = await session();
    site.sandbox.configure({ maxPerSecond: 1, retryAfterSeconds: 7 });
    await post('v1/listgroups', {}, headers);
    const refused = await post('v1/listgroups', {}, headers);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('counts the calls that are under way', async () => {
    site.sandbox.configure({ latencyMs: 100 });
    site.sandbox.resetPeak();
    await Promise.all(Array.from({ length: 5 }, () => signIn()));
    expect(site.sandbox.peakInFlight).toBe(5);
  });

  it('is steered by other processes: settings, faults, content, sessions, what is stored', async () => {
    const control = async (method: string, path: string, body?: unknown) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(new URL(`/_sandbox/${path}`, site.sandbox.url), { method, ...sent });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    };
    expect((await control('PATCH', 'settings', { latencyMs: 1 })).json).toMatchObject({
      latencyMs: 1,
      omittedFields: 'keep',
    });
    expect(
      (await control('PUT', 'faults', { rules: [{ kind: 'sessionEnd', match: { route: 'nowhere' } }] })).status,
    ).toBe(400);
    for (const route of AMS_ROUTE_NAMES) {
      expect((await control('PUT', 'faults', { rules: [{ kind: 'status', match: { route } }] })).status).toBe(200);
    }
    await control('DELETE', 'faults');
    const user = await control('POST', 'users', { username: 'new.one', firstName: 'New', lastName: 'One' });
    expect(user.status).toBe(201);
    await control('POST', 'forms', { name: 'New Form', fields: [{ name: 'A' }] });
    await control('POST', 'accounts', { username: 'new-account', password: 'new-password' });
    const headers = await session('new-password', 'new-account');
    await post('v1/profileimport', profile(Number(user.json['id']), [{ key: 'A', value: 'b' }], 'New Form'), headers);
    expect((await control('GET', 'forms/New%20Form/profiles')).json).toMatchObject({
      profiles: [{ username: 'new.one', values: { A: 'b' }, writes: 1 }],
    });
    expect((await control('GET', 'requests')).json).toMatchObject({ counts: { profileimport: expect.any(Number) } });
    await control('POST', 'sessions/end');
    expect((await post('v1/listgroups', {}, headers)).status).toBe(401);
  });

  it('refuses a definition that is wrong, and a field that is there twice', async () => {
    const twice = [{ name: 'A' }, { name: 'A' }];
    await expect(startAmsSandbox({ forms: [{ name: 'F', fields: twice }] })).rejects.toThrow(
      /names of fields must differ/u,
    );
  });

  it('stops listening and listens again on its port', async () => {
    await site.sandbox.stopListening();
    await expect(signIn()).rejects.toThrow();
    await site.sandbox.resumeListening();
    expect((await signIn()).status).toBe(200);
  });
});
