import { describe, expect, it } from '@jest/globals';
import { fitValue, isComputed } from '../activities/ams/fit-value.js';
import { UserDirectory } from '../activities/ams/find-users.js';

type Case = [type: string, text: string, options?: string[] | undefined];
const named = ([type, text, options = []]: Case) => ({ type, text, options });
const field = (type: string, options: string[] = []) => ({ name: 'f', type, required: false, options });

describe('a cell in the spelling of its field', () => {
  const kept: Case[] = [
    ['Number', '180.5'],
    ['Number', '-0.9'],
    ['Number', '00123'],
    ['Number', '9007199254740993'],
    ['Number', '1.10'],
    ['Text', '00123'],
    ['Text', 'true'],
    ['Text', ' padded '],
    ['Text', 'NaN'],
    ['Date', '31/01/2025'],
    ['Time', '2:05 PM'],
    ['Dropdown', 'Left', ['Left', 'Right']],
    ['Multiple Selection', 'Left|Right', ['Left', 'Right']],
    ['Multiple Selection', 'Track, field', ['Track, field', 'Swimming']],
  ];
  it.each(kept.map(named))('of type $type: $text stays as it is', ({ type, text, options }) => {
    expect(fitValue(field(type, options), text)).toEqual({ value: text });
  });

  const spelt: [type: string, text: string, wanted: string, options?: string[]][] = [
    ['Date', '2025-01-31', '31/01/2025'],
    ['Date', '2024-02-29 00:00:00', '29/02/2024'],
    ['Date', '2025-01-31T00:00:00.000Z', '31/01/2025'],
    ['Time', '00:05', '12:05 AM'],
    ['Time', '12:00:00', '12:00 PM'],
    ['Time', '9:05', '9:05 AM'],
    ['Time', '23:59', '11:59 PM'],
    ['Single Selection', 'true', 'Yes', ['Yes', 'No']],
    ['Single Selection', 'f', 'No', ['Yes', 'No']],
    ['Dropdown', 'TRUE', 'Y', ['Y', 'N', 'Not known']],
    ['Dropdown', 'false', 'False', ['True', 'False']],
    ['Multiple Selection', 'Left, Right', 'Left|Right', ['Left', 'Right']],
  ];
  it.each(spelt.map(([type, text, wanted, options]) => ({ ...named([type, text, options]), wanted })))(
    'of type $type: $text becomes $wanted',
    ({ type, text, wanted, options }) => {
      expect(fitValue(field(type, options), text)).toEqual({ value: wanted });
    },
  );

  const refused: Case[] = [
    ['Number', '1,5'],
    ['Number', 'Infinity'],
    ['Number', 'NaN'],
    ['Number', '12 kg'],
    ['Number', '1e5'],
    ['Number', '.5'],
    ['Number', 'true'],
    ['Date', '2025-02-29'],
    ['Date', '2025-01-31 13:45:00'],
    ['Date', '01-02-2025'],
    ['Date', '13/13/2025'],
    ['Time', '25:00'],
    ['Time', '14:05 PM'],
    ['Time', '10:30:15'],
    ['Dropdown', 'left', ['Left', 'Right']],
    ['Single Selection', 'true', ['Left', 'Right']],
    ['Single Selection', 'true', ['Yes', 'True', 'No']],
    ['Multiple Selection', 'Left, Up', ['Left', 'Right']],
  ];
  it.each(refused.map(named))('of type $type: $text is refused, without being repeated', ({ type, text, options }) => {
    const fitted = fitValue(field(type, options), text);
    if (!('problem' in fitted)) throw new Error('it was taken');
    expect(fitted.problem).not.toContain(options.length > 0 ? `'${text}'` : text);
    expect(fitted.problem).toMatch(/^it is n/);
  });

  it.each(['Calculation', 'Linked Text', 'Linked Date', 'Linked Option'])('AMS fills in a field of type %s', (type) => {
    expect(isComputed({ type })).toBe(true);
  });
});

describe('whose row it is', () => {
  const person = (id: number, username: string, firstName = 'Ada', lastName = 'Made-Up') => ({
    id,
    username,
    email: `${username}@club.example`,
    firstName,
    lastName,
  });
  const people = [person(1, 'ada'), person(2, 'Bob', 'Bob', 'Made-Up'), person(3, 'bob2', 'Bob', 'Made-Up')];

  it('is found by id, by login name and by address, with spaces around and in either case', () => {
    expect(new UserDirectory(people, 'user_id').find(' 2 ')).toEqual({ user: 2 });
    expect(new UserDirectory(people, 'username').find('BOB')).toEqual({ user: 2 });
    expect(new UserDirectory(people, 'email').find(' Ada@Club.Example ')).toEqual({ user: 1 });
    expect(new UserDirectory(people, 'about').find('ada  made-up')).toEqual({ user: 1 });
  });

  it('is nobody when a name fits several, and the several are told', () => {
    expect(new UserDirectory(people, 'about').find('Bob Made-Up')).toEqual({ candidates: [2, 3] });
  });

  it('is the one who is called exactly so when others are but for upper and lower case', () => {
    const twins = [person(1, 'bob'), person(2, 'Bob')];
    expect(new UserDirectory(twins, 'username').find('Bob')).toEqual({ user: 2 });
    expect(new UserDirectory(twins, 'username').find('BOB')).toEqual({ candidates: [1, 2] });
  });

  it.each(['', '  ', '007', '2.0', 'nobody', '-1'])('is nobody for %j', (text) => {
    expect(new UserDirectory(people, 'user_id').find(text)).toEqual({ candidates: [] });
  });
});
