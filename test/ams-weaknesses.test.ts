import { describe, expect, it } from '@jest/globals';
import { AmsClient } from '../connectors/ams/index.js';
import { amsSite } from './support/ams.js';
import { AMS_WEAKNESSES } from './support/ams-weaknesses.js';
import { numbersIn } from './support/weaknesses.js';

const site = amsSite();

describe('each weakness of the existing client of AMS', () => {
  it('is in the list, from 1 to 33', () => {
    expect(AMS_WEAKNESSES.map(([number]) => number)).toEqual(Array.from({ length: 33 }, (_, index) => index + 1));
  });

  const shown = AMS_WEAKNESSES.filter(([, , files]) => files.length > 0);
  it.each(shown)('%d, that %s, is named by a test in %j', async (number, _, files) => {
    for (const file of files) expect(await numbersIn(file)).toContain(number);
  });
});

describe('ours', () => {
  it('26: writes profiles, and no event: there is no call for one that could insert where it should update', async () => {
    expect(Object.getOwnPropertyNames(AmsClient.prototype).filter((name) => /event/iu.test(name))).toEqual([]);
    const input = { form: 'Training Log', userId: site.sandbox.users[0]?.id ?? 0, values: { RPE: '7' } };
    await expect(site.client().upsertProfile(input)).rejects.toMatchObject({ code: 'AMS_REFUSED' });
    expect(site.calls('eventsimport')).toBe(0);
  });

  it('27: makes up no date and no time: a write holds the fields that it was given', async () => {
    const userId = site.sandbox.users[0]?.id ?? 0;
    await site.client().upsertProfile({ form: 'Athlete Profile', userId, values: { Locker: '1' } });
    expect(JSON.stringify(site.sandbox.sentCalls.at(-1)?.body)).not.toMatch(/date|time/iu);
  });

  it('32: tells of each user what is its own', async () => {
    const users = await site.client().users();
    const seen = new Map(users.map((user) => [user.id, user]));
    for (const { id, username, email, firstName, lastName } of site.sandbox.users) {
      expect(seen.get(id)).toEqual({ id, username, email, firstName, lastName });
    }
  });
});
