import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AmsClient } from '../connectors/ams/index.js';
import { startAmsSandbox, type AmsSandbox } from '../sandbox/ams/index.js';
import type { AmsDownloadProfilesResult } from '../contracts/ams-results.js';
import { openAmsBench, readText, type AmsBench } from './support/ams-worker.js';
import { noteSecrets } from './support/known-secrets.js';
import { failureOf } from './support/outcome.js';

const FORM = 'Athlete Profile';
const HEADER = 'username,Squad Number,Position,Captain,Height cm,Contract Until,Locker,Remarks';
const ROWS = [
  'ada.birchwood,1,Goalkeeper,true,180.5,2027-06-30,00123,"a ""quote"", a comma"',
  'bo.birchwood,2,Defender,false,1.10,,,',
  'cleo.birchwood,3,Forward,No,9007199254740993,30/06/2028,"two\nlines",x',
];

describe('profiles over the wire, to a site and back', () => {
  let sandbox: AmsSandbox;
  let client: AmsClient;
  let bench: AmsBench;
  beforeAll(async () => {
    sandbox = await startAmsSandbox();
    const { url, username, password } = sandbox;
    noteSecrets([password]);
    const retry = { limit: 3, firstDelayMs: 20, maxDelayMs: 200 };
    client = new AmsClient({ url, username, password, retry, maxInFlight: 16 });
    bench = await openAmsBench(client);
    await bench.put('squad.csv', [HEADER, ...ROWS, ''].join('\n'));
  });
  afterAll(async () => {
    await bench.close();
    noteSecrets(sandbox.issuedSessions);
    await client.close();
    await sandbox.close();
  });
  beforeEach(() => {
    sandbox.clearFaults();
    sandbox.configure({ latencyMs: 0, callsPerSession: 0, maxPerSecond: 0, maxInFlight: 0, retryAfterSeconds: 1 });
    sandbox.resetPeak();
  });
  const squad = { form: FORM, source: { connection: 'lake', table: 'squad' }, idColumn: 'username' };
  const stored = (username: string) => sandbox.profiles(FORM).find((each) => each.username === username);
  const everybody = () => {
    const rows = sandbox.users.map(({ id }, index) => ({ user_id: id, 'Squad Number': index + 1 }));
    return { form: FORM, source: { rows } };
  };

  it('every value arrives as it left, in the form’s own spelling, and comes back as it is stored', async () => {
    expect(await bench.execute(squad)).toMatchObject({ result: 'success', upserted: 3, attempted: 3 });
    expect(stored('ada.birchwood')?.values).toEqual({
      'Squad Number': '1',
      Position: 'Goalkeeper',
      Captain: 'Yes',
      'Height cm': '180.5',
      'Contract Until': '30/06/2027',
      Locker: '00123',
      Remarks: 'a "quote", a comma',
    });
    const input = { form: FORM, idColumn: 'username', store: 'lake', table: 'back' };
    // What the workflow returns, by its own contract.
    const back = (await (await bench.start(input, 'amsDownloadProfiles')).result()) as AmsDownloadProfilesResult;
    expect(back).toMatchObject({ form: FORM, profiles: 3, reference: { connection: 'lake', table: 'back' } });
    const text = await readText(`${bench.lake}/back.csv`);
    expect(text.split('\n')[0]).toBe(
      'username,Squad Number,Position,Captain,Height cm,Mass kg,Body Mass Index,Contract Until,Locker,Remarks',
    );
    expect(text).toContain('ada.birchwood,1,Goalkeeper,Yes,180.5,,,30/06/2027,00123,"a ""quote"", a comma"');
    expect(text).toContain('cleo.birchwood,3,Forward,No,9007199254740993,,,30/06/2028,"two\nlines",x');
  });

  it('what was received can be sent again, and changes nothing', async () => {
    const fields = ['Squad Number', 'Position', 'Captain', 'Height cm', 'Contract Until', 'Locker', 'Remarks'];
    const down = { form: FORM, idColumn: 'username', fields, store: 'lake', table: 'again' };
    await (await bench.start(down, 'amsDownloadProfiles')).result();
    const before = sandbox.profiles(FORM).map(({ userId, values }) => ({ userId, values }));
    const again = { ...squad, source: { connection: 'lake', table: 'again' } };
    expect(await bench.execute(again)).toMatchObject({ result: 'success' });
    expect(sandbox.profiles(FORM).map(({ userId, values }) => ({ userId, values }))).toEqual(before);
  });

  it('a field to be read that the form does not have is an error that names near ones', async () => {
    const input = { form: FORM, fields: ['Hight cm'], store: 'lake', table: 'nothing' };
    const failure = await failureOf((await bench.start(input, 'amsDownloadProfiles')).result());
    expect(failure.code).toBe('AMS_UNKNOWN_FIELDS');
    expect(failure.message).toContain('Height cm');
  });

  it('a refusal within a reply of status 200 is that row’s failure, in AMS’s words', async () => {
    const [first] = sandbox.users;
    sandbox.setFaults([
      {
        kind: 'stateError',
        message: 'Locked by the doctor',
        match: { route: 'profileimport', userId: first?.id ?? 0 },
      },
    ]);
    const result = await bench.execute(everybody());
    expect(result).toMatchObject({ result: 'partial', failed: 1, upserted: sandbox.users.length - 1 });
    expect(result.failures[0]).toMatchObject({ row: 1, user: first?.id, code: 'AMS_REFUSED' });
    expect(result.failures[0]?.reason).toContain('Locked by the doctor');
  });

  it('sessions that end on the way are renewed, and every profile is written', async () => {
    sandbox.configure({ callsPerSession: 7 });
    const result = await bench.execute({ ...everybody(), concurrency: 8 });
    expect(result).toMatchObject({ result: 'success', upserted: sandbox.users.length });
  });

  it('runs of one connection share one session', async () => {
    sandbox.endSessions();
    const signIns = () => sandbox.requestLog.filter(({ route }) => route === 'login').length;
    const before = signIns();
    await Promise.all([bench.execute(squad), bench.execute(everybody()), bench.execute(squad)]);
    await bench.execute(squad);
    expect(signIns() - before).toBe(1);
  });

  it('a run that keeps to a rate is never turned away by a site that admits somewhat more', async () => {
    // The calls of the test before count for a second.
    await sleep(1_000);
    const seen = sandbox.requestLog.length;
    sandbox.configure({ maxPerSecond: 60 });
    await bench.execute({ ...everybody(), concurrency: 8, ratePerSecond: 25 });
    expect(sandbox.requestLog.slice(seen).filter(({ status }) => status === 429)).toEqual([]);
  });

  it('a site that asks for fewer calls gets fewer, and every profile is written', async () => {
    sandbox.configure({ maxPerSecond: 40 });
    const result = await bench.execute({ ...everybody(), concurrency: 8 });
    expect(result).toMatchObject({ result: 'success', upserted: sandbox.users.length, failed: 0 });
    expect(sandbox.requestLog.some(({ status }) => status === 429)).toBe(true);
  });

  it('the site never sees more requests at a time than configured', async () => {
    sandbox.configure({ latencyMs: 10 });
    await bench.execute({ ...everybody(), concurrency: 5 });
    expect(sandbox.peakInFlight).toBe(5);
  });

  it('an account that sees a group alone is told that there are users whom it does not see', async () => {
    const account = { username: 'coach', password: 'a password of a coach', coaches: ['Reserves'] };
    noteSecrets([account.password]);
    sandbox.addAccount(account);
    const { url } = sandbox;
    const own = new AmsClient({ url, username: account.username, password: account.password });
    const other = await openAmsBench(own);
    try {
      const failure = await failureOf(other.execute(everybody()));
      expect(failure.code).toBe('AMS_UNKNOWN_USERS');
      expect(failure.message).toContain('that the account does not see');
    } finally {
      await other.close();
      await own.close();
    }
  });

  it.each([
    ['Training Log', 'AMS_NOT_A_PROFILE_FORM'],
    ['Club Record', 'AMS_FORM_READ_ONLY'],
    ['Coach Notes', 'AMS_FORM_AMBIGUOUS'],
    ['Athlete Profil', 'AMS_FORM_NOT_FOUND'],
  ])('form %s: %s', async (form, code) => {
    expect((await failureOf(bench.execute({ ...squad, form }))).code).toBe(code);
  });

  it('linked profiles are profiles, too', async () => {
    const [user] = sandbox.users;
    const rows = [{ user_id: user?.id ?? 0, 'Blood Group': '0' }];
    expect(await bench.execute({ form: 'Medical Summary', source: { rows } })).toMatchObject({ result: 'success' });
  });

  it('bad credentials end the run at once', async () => {
    const { url, username } = sandbox;
    const own = new AmsClient({ url, username, password: 'not the password' });
    const other = await openAmsBench(own);
    try {
      expect((await failureOf(other.execute(squad))).code).toBe('AMS_AUTHENTICATION');
    } finally {
      await other.close();
      await own.close();
    }
  });
});
