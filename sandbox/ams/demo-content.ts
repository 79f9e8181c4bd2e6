import type { FormDefinition, UserDefinition } from './definitions.js';

/** What the sandbox holds when nothing is asked for: enough to try every call. Every person in it is made up. */
export const DEMO_FORMS: readonly FormDefinition[] = [
  {
    name: 'Athlete Profile',
    category: 'Profiles',
    fields: [
      { name: 'Squad Number', type: 'Number', section: 'Squad' },
      {
        name: 'Position',
        type: 'Dropdown',
        options: ['Goalkeeper', 'Defender', 'Midfielder', 'Forward'],
        section: 'Squad',
      },
      { name: 'Captain', type: 'Single Selection', options: ['Yes', 'No'], section: 'Squad' },
      { name: 'Height cm', type: 'Number', section: 'Body' },
      { name: 'Mass kg', type: 'Number', section: 'Body' },
      { name: 'Body Mass Index', type: 'Calculation', section: 'Body' },
      { name: 'Contract Until', type: 'Date', section: 'Contract' },
      { name: 'Locker', section: 'Contract' },
      { name: 'Remarks', type: 'Paragraph Text', section: 'Contract' },
    ],
  },
  {
    name: 'Emergency Contact',
    category: 'Profiles',
    fields: [
      { name: 'Contact Name', required: true },
      { name: 'Contact Phone', required: true },
      { name: 'Relation', type: 'Single Selection', options: ['Parent', 'Partner', 'Friend', 'Other'] },
    ],
  },
  { name: 'Club Record', readOnly: true, fields: [{ name: 'Debut', type: 'Date' }] },
  {
    name: 'Medical Summary',
    type: 'linkedOnlyProfile',
    fields: [{ name: 'Blood Group', type: 'Dropdown', options: ['0', 'A', 'B', 'AB'] }],
  },
  {
    name: 'Training Log',
    type: 'event',
    fields: [
      { name: 'RPE', type: 'Number' },
      { name: 'Session', type: 'Text' },
    ],
  },
  { name: 'Coach Notes', fields: [{ name: 'Note' }] },
  { name: 'Coach Notes', type: 'event', fields: [{ name: 'Note' }] },
  { name: 'Equipment', type: 'database', fields: [{ name: 'Item' }] },
];

const FIRST_NAMES = ['Ada', 'Bo', 'Cleo', 'Dara', 'Eli', 'Fay', 'Gus', 'Hana', 'Ivo', 'Juno'];
const LAST_NAMES = ['Amberley', 'Birchwood', 'Cloudsley', 'Dovetail', 'Elderfield', 'Fernhollow'];
const GROUPS = ['First Team', 'Reserves', 'Academy'];

/** Sixty made-up athletes, and two who share a name with one of them, and an e-mail address with each other. */
export const DEMO_USERS: readonly UserDefinition[] = [
  ...LAST_NAMES.flatMap((lastName, squad) =>
    FIRST_NAMES.map((firstName) => {
      const username = `${firstName}.${lastName}`.toLowerCase();
      return { username, email: `${username}@example.com`, firstName, lastName, groups: [GROUPS[squad % 3] ?? ''] };
    }),
  ),
  ...['ada.amberley.2', 'ada.amberley.3'].map((username) => ({
    username,
    email: 'family.amberley@example.com',
    firstName: 'Ada',
    lastName: 'Amberley',
    groups: ['Academy'],
  })),
];
