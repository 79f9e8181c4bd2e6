import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { AmsClient } from '../connectors/ams/index.js';
import { amsSite, FORM } from './support/ams.js';
import { everything, failure } from './support/titan-client.js';

const site = amsSite();
const ada = () => site.idOf('ada.birchwood');
const upsert = (values: Record<string, string>, client = site.client()) =>
  client.upsertProfile({ form: FORM, userId: ada(), values });

describe('the AMS client', () => {
  it('signs in once, however many callers there are, and says who it is', async () => {
    const client = site.client();
    const ids = await Promise.all(Array.from({ length: 20 }, () => client.check()));
    expect(new Set(ids.map(({ userId }) => userId)).size).toBe(1);
    expect(site.calls('login')).toBe(1);
  });

  it('finds a form by its name, with its fields', async () => {
    const form = await site.client().findForm(FORM);
    expect(form).toMatchObject({ name: FORM, type: 'profile', isReadOnly: false });
    expect(form.fields.find(({ name }) => name === 'Captain')).toEqual({
      name: 'Captain',
      type: 'Single Selection',
      required: false,
      options: ['Yes', 'No'],
    });
    expect((await site.client().findForm('Emergency Contact')).fields[0]?.required).toBe(true);
    expect((await site.client().findForm('Club Record')).isReadOnly).toBe(true);
  });

  it.each([
    ['Training Log', 'event'],
    ['Medical Summary', 'linkedOnlyProfile'],
    ['Equipment', 'database'],
  ])('says of %s that it is of type %s (weakness 18)', async (name, type) => {
    expect((await site.client().findForm(name)).type).toBe(type);
  });

  it('lists all users once each, those who share names and addresses too (weakness 11)', async () => {
    const users = await site.client().users();
    expect(users).toHaveLength(site.sandbox.users.length);
    const same = users.filter(({ firstName, lastName }) => `${firstName} ${lastName}` === 'Ada Amberley');
    expect(same.map(({ username }) => username).sort()).toEqual(['ada.amberley', 'ada.amberley.2', 'ada.amberley.3']);
    expect(new Set(same.map(({ email }) => email)).size).toBe(2);
  });

  it.each([
    ['75.5', '75.5'],
    ['180', '180'],
    ['180.0', '180.0'],
    ['9007199254740993', '9007199254740993'],
    ['-0.9', '-0.9'],
  ])('writes the number %s as it is (weaknesses 4, 5 and 6)', async (value, kept) => {
    await upsert({ 'Height cm': value });
    expect(site.stored(ada())?.['Height cm']).toBe(kept);
  });

  it('writes texts to the letter, whatever is in them', async () => {
    const remarks = ' 00123,"é" 😀\n[x] \\ ';
    await upsert({ Remarks: remarks, Locker: '00123', Captain: 'Yes', 'Contract Until': '31/01/2027' });
    expect(site.stored(ada())).toMatchObject({ Remarks: remarks, Locker: '00123', Captain: 'Yes' });
  });

  it('sends what it is given and nothing else: an empty text clears, what is left out stays (weakness 7)', async () => {
    await upsert({ Locker: '7', Remarks: 'old' });
    await upsert({ Remarks: '' });
    expect(site.stored(ada())).toMatchObject({ Locker: '7' });
    expect(site.stored(ada())).not.toHaveProperty('Remarks');
    expect(site.sandbox.sentCalls.at(-1)?.body).toMatchObject({
      formName: FORM,
      userId: { userId: ada() },
      enteredByUserId: (await site.client().check()).userId,
      rows: [{ row: 0, pairs: [{ key: 'Remarks', value: '' }] }],
    });
  });

  it('gives back the id of the record: one for each user and form (weakness 3)', async () => {
    const first = await upsert({ Locker: '1' });
    expect(first.id).toEqual(expect.any(Number));
    expect(await upsert({ Locker: '2' })).toEqual(first);
  });

  it('writes a field of any name, those that stand for people elsewhere too (weakness 19)', async () => {
    const names = ['sex', 'dob', 'email', 'form', 'about', 'user_id', 'start_date'];
    site.sandbox.addForm({ name: 'Odd Names', fields: names.map((name) => ({ name })) });
    const values = Object.fromEntries(names.map((name) => [name, `v-${name}`]));
    await site.client().upsertProfile({ form: 'Odd Names', userId: ada(), values });
    expect(site.stored(ada(), 'Odd Names')).toEqual(values);
  });

  it('does not touch what the caller holds (weakness 24)', async () => {
    const values = Object.freeze({ Locker: '12', Remarks: '' });
    await site.client().upsertProfile(Object.freeze({ form: FORM, userId: ada(), values }));
    expect(values).toEqual({ Locker: '12', Remarks: '' });
  });

  it('sends the same write again when it is asked to: nothing is answered from memory (weaknesses 8 and 33)', async () => {
    const client = site.client();
    const before = site.sandbox.profiles(FORM).find(({ userId }) => userId === ada())?.writes ?? 0;
    for (let time = 0; time < 3; time++) await upsert({ Locker: '9' }, client);
    expect(site.sandbox.profiles(FORM).find(({ userId }) => userId === ada())?.writes).toBe(before + 3);
    await client.users();
    await client.users();
    expect(site.calls('usersearch')).toBe(2);
  });

  it('reads profiles back, as many users as there are, and only those that have a record', async () => {
    const users = site.sandbox.users;
    for (const { id } of users.slice(0, 5)) site.sandbox.putProfile('Medical Summary', id, { 'Blood Group': 'A' });
    const many = [...users.map(({ id }) => id), ...Array.from({ length: 400 }, (_, index) => 900_000 + index)];
    const found = await site.client().profiles({ form: 'Medical Summary', userIds: many });
    expect(found.map(({ userId }) => userId)).toEqual(users.slice(0, 5).map(({ id }) => id));
    expect(found[0]?.values).toEqual({ 'Blood Group': 'A' });
    expect(await site.client().profiles({ form: FORM, userIds: [] })).toEqual([]);
  });

  it('says who calls: an application id of its own, which can be set (weakness 31)', async () => {
    await site.client().users();
    expect(site.sandbox.sentCalls.at(-1)).toMatchObject({ appId: 'external.tidemark.worker', userAgent: 'tidemark' });
    await site.client({ appId: 'external.acme.nightly' }).users();
    expect(site.sandbox.sentCalls.at(-1)).toMatchObject({
      appId: 'external.acme.nightly',
      path: '/demo/api/v1/usersearch?informat=json&format=json',
    });
  });

  it('keeps accounts and sites apart: each client is of its own url and user (weaknesses 9 and 10)', async () => {
    site.sandbox.addAccount({ username: 'coach', password: 'coach-password', coaches: ['Academy'], forms: [FORM] });
    const coach = site.client({ username: 'coach', password: 'coach-password' });
    const all = site.client();
    expect((await coach.users()).length).toBeLessThan((await all.users()).length);
    expect((await coach.check()).userId).not.toBe((await all.check()).userId);
  });

  it('never has more requests under way than it may, sign-in included (weakness 14)', async () => {
    site.sandbox.configure({ latencyMs: 5 });
    site.sandbox.resetPeak();
    const client = site.client({ maxInFlight: 4 });
    const users = site.sandbox.users.slice(0, 40);
    await Promise.all(
      users.map(({ id }) => client.upsertProfile({ form: FORM, userId: id, values: { Locker: String(id) } })),
    );
    expect(site.sandbox.peakInFlight).toBe(4);
    expect(users.every(({ id }) => site.stored(id)?.['Locker'] === String(id))).toBe(true);
  });
});

describe('bad input is refused before anything is sent', () => {
  it.each([
    ['an empty name of a form (weakness 1)', { form: ' ', userId: 1, values: { a: 'b' } }, /name of the form/u],
    ['a user id that is none (weakness 13)', { form: FORM, userId: Number.NaN, values: { a: 'b' } }, /user id/u],
    ['a user id with a fraction', { form: FORM, userId: 1.5, values: { a: 'b' } }, /user id/u],
    ['no field', { form: FORM, userId: 1, values: {} }, /no field/u],
    ['a field without a name', { form: FORM, userId: 1, values: { '': 'b' } }, /name of a field/u],
    ['a value that is no text', { form: FORM, userId: 1, values: { a: 5 as unknown as string } }, /"a" is no text/u],
  ])('%s', async (_, input, message) => {
    const error = await failure(site.client().upsertProfile(input));
    expect(error).toMatchObject({ code: 'AMS_BAD_INPUT', retryable: false });
    expect(error.message).toMatch(message);
    expect(site.calls('login')).toBe(0);
  });

  it.each([
    ['an address without a site', { url: 'https://example.smartabase.com' }, 'AMS_BAD_OPTIONS', /name of the site/u],
    ['an address that ends with slashes only', { url: 'https://example.smartabase.com//' }, 'AMS_BAD_OPTIONS', /site/u],
    ['an address with a password', { url: 'https://a:b@example.com/site' }, 'AMS_BAD_OPTIONS', /must not contain/u],
    ['no address at all', { url: 'example' }, 'AMS_BAD_OPTIONS', /http/u],
    ['an option that does not exist', { interactive_mode: true }, 'AMS_BAD_OPTIONS', /interactive_mode/u],
  ])('%s', (_, wrong, code, message) => {
    const make = () => new AmsClient({ url: site.sandbox.url, username: 'a', password: 'b', ...wrong });
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it('no credentials: each that is missing is named; the environment gives them by default (weakness 30)', async () => {
    const { url, username, password } = site.sandbox;
    const make = () => new AmsClient({ url });
    const { AMS_USERNAME, AMS_PASSWORD } = process.env;
    try {
      delete process.env['AMS_USERNAME'];
      delete process.env['AMS_PASSWORD'];
      expect(make).toThrow(expect.objectContaining({ code: 'AMS_NO_CREDENTIALS' }));
      process.env['AMS_PASSWORD'] = password;
      expect(make).toThrow(/no username[^,]*\./u);
      process.env['AMS_USERNAME'] = username;
      const client = make();
      expect((await client.check()).userId).toEqual(expect.any(Number));
      await client.close();
    } finally {
      restore('AMS_USERNAME', AMS_USERNAME);
      restore('AMS_PASSWORD', AMS_PASSWORD);
    }
  });
});

describe('what the account may not', () => {
  it('a form that there is not: near names are told', async () => {
    const error = await failure(site.client().findForm('Athlete Profil'));
    expect(error).toMatchObject({ code: 'AMS_FORM_NOT_FOUND', retryable: false });
    expect(error.message).toContain('"Athlete Profile"');
  });

  it('two forms of one name: both are told', async () => {
    const error = await failure(site.client().findForm('Coach Notes'));
    expect(error.code).toBe('AMS_FORM_AMBIGUOUS');
    expect(error.message).toMatch(/profile \d+, event \d+|event \d+, profile \d+/u);
  });

  it('a form or a user out of its reach: forbidden, and said so', async () => {
    site.sandbox.addAccount({
      username: 'guest',
      password: 'guest-password',
      coaches: ['Academy'],
      forms: ['Coach Notes'],
    });
    const guest = site.client({ username: 'guest', password: 'guest-password' });
    expect((await failure(guest.findForm(FORM))).code).toBe('AMS_FORM_NOT_FOUND');
    const input = { form: FORM, userId: ada(), values: { Locker: '1' } };
    expect(await failure(guest.upsertProfile(input))).toMatchObject({ code: 'AMS_FORBIDDEN', httpStatus: 403 });
    site.sandbox.addAccount({ username: 'aide', password: 'aide-password', coaches: ['Academy'] });
    const aide = site.client({ username: 'aide', password: 'aide-password' });
    expect((await failure(aide.upsertProfile(input))).code).toBe('AMS_FORBIDDEN');
  });

  it('a value that the field refuses, a form that is read only, an event form: the reason, not the value', async () => {
    const wrong = await failure(upsert({ 'Height cm': 'one hundred and eighty' }));
    expect(wrong).toMatchObject({ code: 'AMS_REFUSED', httpStatus: 200, retryable: false });
    expect(wrong.message).toContain("'Height cm'");
    expect(everything(wrong)).not.toContain('hundred');
    for (const form of ['Club Record', 'Training Log']) {
      const input = { form, userId: ada(), values: { RPE: '7' } };
      expect((await failure(site.client().upsertProfile(input))).code).toBe('AMS_REFUSED');
    }
  });

  it('a field that the form does not have is told, not dropped in silence', async () => {
    const error = await failure(upsert({ Locker: '3', Lokcer: '4', 'Body Mass Index': '20' }));
    expect(error).toMatchObject({ code: 'AMS_FIELDS_DROPPED', retryable: false });
    expect(error.message).toContain('"Lokcer", "Body Mass Index"');
    expect(error.message).not.toContain('"Locker"');
  });
});

describe('secrets', () => {
  it('are in no error, no log line and no print-out of the client', async () => {
    const client = site.client();
    await client.check();
    const { password } = site.sandbox;
    const token = site.sandbox.issuedSessions.at(-1) ?? '';
    const basic = Buffer.from(`sandbox:${password}`).toString('base64');
    site.sandbox.setFaults([
      {
        kind: 'stateError',
        match: { route: 'usersearch' },
        message: `bad ${password} ${token} Basic ${basic} JSESSIONID=${token}`,
      },
      {
        kind: 'status',
        status: 400,
        body: 'text',
        match: { route: 'forms.summaries' },
        message: `no ${token} ${password}`,
      },
    ]);
    const errors = [await failure(client.users()), await failure(client.findForm(FORM))];
    const seen = [
      ...errors.map(everything),
      inspect(client, { depth: 9, showHidden: true }),
      JSON.stringify(site.log),
    ].join();
    expect(token).not.toBe('');
    for (const secret of [password, token, basic]) expect(seen).not.toContain(secret);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}
