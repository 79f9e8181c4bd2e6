import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AmsClient } from '../connectors/ams/index.js';
import { Postgres } from '../connectors/postgres/client.js';
import { PostgresStore } from '../connectors/postgres/store/index.js';
import type { AmsDownloadProfilesResult } from '../contracts/ams-results.js';
import { startAmsSandbox, type AmsSandbox } from '../sandbox/ams/index.js';
import { openAmsBench, type AmsBench } from './support/ams-worker.js';
import { noteSecrets } from './support/known-secrets.js';
import { failureOf } from './support/outcome.js';
import { openTestStore, type TestStore } from './support/postgres-store.js';

// Profiles from PostgreSQL into AMS and back, by every kind of table reference that a database has.

const FORM = 'Athlete Profile';
let sandbox: AmsSandbox;
let client: AmsClient;
let warehouse: TestStore;
let bench: AmsBench;
let postgres: Postgres;

beforeAll(async () => {
  sandbox = await startAmsSandbox();
  const { url, username, password } = sandbox;
  noteSecrets([password]);
  client = new AmsClient({ url, username, password });
  warehouse = await openTestStore();
  await warehouse.client.query(`
    CREATE SCHEMA rdm;
    CREATE TABLE rdm.squad (username text PRIMARY KEY, height numeric(4,1), captain boolean, until date, locker text, gone boolean);
    INSERT INTO rdm.squad VALUES
      ('ada.birchwood', 180.5, true, '2027-06-30', '00123', false),
      ('bo.birchwood', NULL, false, NULL, '', false),
      ('nobody', 170, false, NULL, 'x', true);`);
  postgres = new Postgres({ url: warehouse.database.url });
  const queries = { here: 'SELECT username, height, captain, until, locker FROM rdm.squad WHERE NOT gone' };
  const store = new PostgresStore({ database: postgres, schema: 'rdm', queries });
  bench = await openAmsBench(client, { stores: { warehouse: store } });
});
afterAll(async () => {
  await bench.close();
  await postgres.close();
  await warehouse.close();
  noteSecrets(sandbox.issuedSessions);
  await client.close();
  await sandbox.close();
});

const columns = { height: 'Height cm', captain: 'Captain', until: 'Contract Until', locker: 'Locker' };
const send = (source: object) => bench.execute({ form: FORM, source, idColumn: 'username', columns });

it('a query of the config is a source: numbers, booleans and dates arrive in the form’s own spelling, NULL is not sent', async () => {
  expect(await send({ connection: 'warehouse', query: 'here' })).toMatchObject({ result: 'success', upserted: 2 });
  const stored = Object.fromEntries(sandbox.profiles(FORM).map(({ username, values }) => [username, values]));
  expect(stored).toEqual({
    'ada.birchwood': { 'Height cm': '180.5', Captain: 'Yes', 'Contract Until': '30/06/2027', Locker: '00123' },
    'bo.birchwood': { Captain: 'No' },
  });
});

it('a table is a source, and its rows are held to the same rules', async () => {
  const failure = await failureOf(send({ connection: 'warehouse', table: 'squad' }));
  expect(failure).toMatchObject({ code: 'AMS_UNKNOWN_USERS' });
});

it('profiles are received into a table of PostgreSQL, which is replaced', async () => {
  const input = {
    form: FORM,
    idColumn: 'username',
    fields: ['Height cm', 'Locker'],
    store: 'warehouse',
    table: 'back',
  };
  for (let times = 0; times < 2; times += 1) {
    const handle = await bench.start(input, 'amsDownloadProfiles');
    // What the workflow returns, by its own contract.
    expect((await handle.result()) as AmsDownloadProfilesResult).toMatchObject({ profiles: 2 });
  }
  const { rows } = await warehouse.client.query({ text: 'SELECT * FROM rdm.back ORDER BY 1', rowMode: 'array' });
  expect(rows).toEqual([
    ['ada.birchwood', '180.5', '00123'],
    ['bo.birchwood', null, null],
  ]);
});
