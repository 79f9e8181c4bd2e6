import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

/** Each bad input fails its workflow at once, naming the path; none leaves a workflow task retrying. */
describe('a bad input', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await openTenant();
  });
  afterAll(() => tenant.close());

  const branch = { name: 'main' };
  const table = { target: { key: 'k' }, source: { connection: 'lake', table: 't' } };
  const download = { connection: 'tenant', branch, domain: 'Customer', store: 'landing' };
  const cases: [string, string, unknown, RegExp][] = [
    ['nothing at all', 'titanImportBatch', undefined, /\(input\)/u],
    [
      'a misspelt key',
      'titanImportBatch',
      { connection: 'tenant', branch, tables: [table], descripton: 'x' },
      /descripton/u,
    ],
    ['no tables', 'titanImportBatch', { connection: 'tenant', branch, tables: [] }, /tables/u],
    [
      'an unknown pattern',
      'titanImportBatch',
      { connection: 'tenant', branch, tables: [table], pattern: 'Full' },
      /pattern.*"Full"/u,
    ],
    [
      'a branch by neither id nor name',
      'titanImportBatch',
      { connection: 'tenant', branch: {}, tables: [table] },
      /branch/u,
    ],
    [
      'a version of the future',
      'titanImportBatch',
      { version: 2, connection: 'tenant', branch, tables: [table] },
      /version/u,
    ],
    ['a domain that is no text', 'titanConventionUpload', { ...download, domain: 7 }, /domain.*7/u],
    [
      'an incremental download without a mark',
      'titanConventionDownload',
      { ...download, pattern: 'incremental' },
      /highWaterMark/u,
    ],
    [
      'a direction that is none',
      'titanSyncDomains',
      { ...download, domain: undefined, direction: 'sideways' },
      /direction/u,
    ],
  ];

  it.each(cases)('%s fails %s and names its place', async (_what, workflow, input, named) => {
    const failed = await failureOf(tenant.execute(workflow, input));
    expect(failed.code).toBe('ValidationError');
    expect(failed.message).toMatch(named);
  });

  it('does not repeat the values of inline rows, which may be secret', async () => {
    const rows = [{ id: 12345678901234567890, ssn: 'SECRET-VALUE' }];
    const input = { connection: 'tenant', branch, tables: [{ ...table, source: { rows } }] };
    const failed = await failureOf(tenant.execute('titanImportBatch', input));
    expect(failed.code).toBe('ValidationError');
    expect(failed.message).toContain('2^53');
    expect(failed.message).not.toMatch(/SECRET-VALUE|12345678901234567/u);
  });
});
