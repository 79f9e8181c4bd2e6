import { describe, expect, it } from '@jest/globals';
import { configFolder, files, tenant, upload } from './support/config-folder.js';

const { refusal, problems } = configFolder();

describe('a wrong config names line, key and the nearest valid one', () => {
  const cases: [what: string, text: string, expected: string[]][] = [
    [
      'a misspelt key at the top',
      'version: 1\nconections: {}\n',
      ['2:1: conections: unknown key. Did you mean "connections"?'],
    ],
    [
      'a misspelt key that leaves another one missing',
      `version: 1\nconnections:${tenant.replace('clientId', 'cleintId')}\n`,
      ['6:5: connections.tenant.cleintId: unknown key. Did you mean "clientId"?'],
    ],
    [
      'a key that is near to none',
      `version: 1\nconnections:${files}\n    colour: blue\n`,
      ['6:5: connections.files.colour: unknown key. Keys here: type, path, format.'],
    ],
    [
      'an unknown type of connection',
      'version: 1\nconnections:\n  a:\n    type: file\n',
      [
        '4:5: connections.a.type: expected "titanrdm" or "files" or "postgres" or "ams", got "file". Did you mean "files"?',
      ],
    ],
    ['a missing key', 'version: 1\nconnections:\n  a:\n    type: files\n', ['3:3: connections.a.path: is missing.']],
    ['a missing version', 'connections: {}\n', ['1:1: version: is missing: expected 1.']],
    [
      'an unknown workflow',
      `version: 1\npipelines:${upload.replace('titanConventionUpload', 'titanConventionUplaod')}\n`,
      [
        '4:5: pipelines.nightly.workflow: expected "titanImportBatch" or "titanConventionUpload" or "titanConventionDownload" or "titanSyncDomains" or "postgresIngest" or "amsUpsertProfiles" or "amsDownloadProfiles", got "titanConventionUplaod". Did you mean "titanConventionUpload" or "titanConventionDownload"?',
      ],
    ],
    [
      'a misspelt key inside a form of a union',
      `version: 1\nconnections:${tenant}${files}\npipelines:${upload.replace('{ id: 3 }', '{ nmae: main }')}\n`,
      ['14:44: pipelines.nightly.input.branch.nmae: unknown key. Did you mean "name"?'],
    ],
    [
      'a value that fits no form of a union',
      `version: 1\nconnections:${tenant}${files}\npipelines:${upload.replace('{ id: 3 }', 'main')}\n`,
      ['14:34: pipelines.nightly.input.branch: expected {id} or {name, owner?}, got "main".'],
    ],
    [
      'a wrong choice',
      `version: 1\nconnections:${tenant}${files}\npipelines:${upload.replace('{ id: 3 }', '{ id: 3 }, pattern: incrementel')}\n`,
      [
        '14:53: pipelines.nightly.input.pattern: expected "full" or "incremental_upsert_only" or "incremental_with_delete" or "incremental" or "auto", got "incrementel". Did you mean "incremental"?',
      ],
    ],
    [
      'a connection that is not configured',
      `version: 1\nconnections:${tenant}${files}\npipelines:${upload.replace('connection: tenant', 'connection: tennant')}\n`,
      [
        '14:14: pipelines.nightly.input.connection: no connection has this name; expected a connection of type \'titanrdm\', got "tennant". Did you mean "tenant"?',
      ],
    ],
    [
      'a connection of another type',
      `version: 1\nconnections:${tenant}${files}\npipelines:${upload.replace('store: files', 'store: tenant')}\n`,
      [
        '14:72: pipelines.nightly.input.store: this connection is of another type; expected a connection that holds tables, got "tenant". Configured: files.',
      ],
    ],
    [
      'an upload of changes by a pattern that replaces',
      `version: 1\nconnections:${tenant}${files}\npipelines:
  d:
    workflow: titanConventionUpload
    input: { connection: tenant, branch: { id: 3 }, domain: G, store: files, incremental: { cursor: at } }\n`,
      ["14:78: pipelines.d.input.incremental: it needs the pattern 'incremental_upsert_only'."],
    ],
    [
      'an unusable name',
      `version: 1\nconnections:${files.replace('files:', 'my files:')}\n`,
      ['3:3: connections.my files: not usable as a name: a name holds letters, digits, ".", "_" and "-", at most 100.'],
    ],
    [
      'an address with credentials',
      `version: 1\nconnections:${tenant.replace('https://', 'https://user:pw@')}\n`,
      [
        '5:5: connections.tenant.url: an address must hold no user name, password, query or fragment: credentials have keys of their own.',
      ],
    ],
    [
      'a number out of range',
      'version: 1\nworker: { maxConcurrentActivities: 0 }\n',
      ['2:11: worker.maxConcurrentActivities: Too small: expected number to be >=1, got 0.'],
    ],
    [
      'a "${" that is no variable',
      'version: 1\ntemporal: { namespace: "${}" }\n',
      [
        '2:13: temporal.namespace: a "${" that is no variable: write ${NAME}, ${NAME:-default}, or $${ for the two characters themselves',
      ],
    ],
    [
      'broken YAML',
      'version: 1\nconnections: [\n',
      ['3:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ].'],
    ],
    [
      'a variable without quotes inside braces',
      'version: 1\ntemporal: { namespace: ${NAMESPACE} }\n',
      ['2:25: not valid YAML: Unexpected flow-map-start at node end. Inside { } and [ ], put quotes around "${NAME}".'],
    ],
    ['a key given twice', 'version: 1\nversion: 1\n', ['2:1: not valid YAML: the key "version" is given twice.']],
    [
      'cron without quotes, which begins with a star',
      `version: 1\npipelines:${upload}\n    schedule:\n      cron: */5 * * * *\n`,
      ['7:17: not valid YAML: Unexpected alias at node end. Put quotes around a value that begins with *.'],
    ],
    [
      'a description with a colon',
      `version: 1\npipelines:${upload}\n    description: Tables: all of them\n`,
      [
        '6:18: not valid YAML: Nested mappings are not allowed in compact mappings. Put quotes around a value that holds a colon.',
      ],
    ],
    [
      'a text where keys stand',
      'version: 1\ntemporal: localhost\nworker: { health: 8080, metrics: [] }\n',
      [
        '2:1: temporal: expected keys with their values, got "localhost".',
        '3:11: worker.health: expected {address}, got 8080.',
        '3:25: worker.metrics: expected {address}, got a list.',
      ],
    ],
    [
      'a text where a list stands',
      'version: 1\nnotifications: none\n',
      ['2:1: notifications: expected a list, got "none".'],
    ],
    [
      'a word where a switch stands',
      'version: 1\nworker: { nexus: yes }\n',
      ['2:11: worker.nexus: expected true or false, got "yes".'],
    ],
    ['an empty file', '', ['expected keys with their values, got nothing.']],
  ];
  it.each(cases)('%s', async (_what, text, expected) => {
    expect(await problems(text)).toEqual(expected.map((line) => line.replace(/^(?=\D)/, ' ')));
  });

  it('with all problems of a file at once, and as data for machines', async () => {
    const error = await refusal(`version: 2\nworker: { x: 1 }\nresults: { folder: 3, fodler: x }\n`);
    expect(error.problems).toEqual([
      { path: 'version', line: 1, column: 1, message: 'expected 1, got 2.' },
      {
        path: 'worker.x',
        line: 2,
        column: 11,
        message: expect.stringContaining('unknown key. Keys here: maxConcurrentActivities'),
      },
      { path: 'results.fodler', line: 3, column: 23, message: 'unknown key. Did you mean "folder"?' },
    ]);
  });
});
