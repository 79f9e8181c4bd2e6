import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { forEachBounded } from '../workflows/bounded.js';
import { knownSecrets, loggedLines, noteSecrets } from './support/known-secrets.js';
import {
  leaksIn,
  leaksInHistory,
  leaksInTexts,
  SHAPES,
  textsOf,
  wordMark,
  type Leak,
  type SecretMark,
} from './support/secret-scan.js';
import { openTenant, type Tenant } from './support/tenant.js';

/** In every row below: wherever else it is found, a row has leaked. */
const ROW = 'rowmark-of-the-secrets-test';

describe('secrets and rows', () => {
  let tenant: Tenant;
  const ended: string[] = [];
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
  const customers = {
    target: { domain: 'Customer', name: 'customers' },
    source: { connection: 'lake', table: 'customers' },
  };

  beforeAll(async () => {
    tenant = await openTenant({ sandbox: { signedUrlTtlSeconds: 600 } });
    noteSecrets([ROW, tenant.sandbox.clientSecret]);
  });
  afterAll(() => tenant.close());

  const marks = (): SecretMark[] => [
    ...SHAPES,
    ...[...knownSecrets(), ...tenant.sandbox.issuedTokens].map((secret) => wordMark('a known secret', secret)),
  ];

  /** All texts of the error that a client of the workflow sees. */
  async function failureTexts(csv: string, more: object = {}): Promise<string> {
    await tenant.put('customers.csv', csv);
    const handle = await tenant.start('titanImportBatch', { ...base, tables: [customers], ...more });
    ended.push(handle.workflowId);
    const error: unknown = await handle.result().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof WorkflowFailedError)) throw new Error('the workflow was expected to fail');
    const { cause } = error;
    return [cause?.message ?? '', cause?.stack ?? '', ...textsOf(cause)].join('\n');
  }

  it.each([
    ['a key that comes twice', `code,name,zip\n${ROW},a,1\n${ROW},b,2\n`, {}],
    ['a quote that is never closed', `code,name,zip\n1,"${ROW},2\n`, {}],
    ['a quote in the middle of a value', `code,name,zip\n1,${ROW}"x"${ROW},2\n`, {}],
    ['a row with too many values', `code,name,zip\n1,${ROW},2,${ROW}\n`, {}],
    ['a row with too few values', `code,name,zip\n${ROW}\n`, {}],
    ['a missing key', `code,name,zip\n,${ROW},2\n`, {}],
    [
      'a code that does not exist',
      `code,name,zip,trdm_tran_code\n1,${ROW},2,${ROW}\n`,
      { pattern: 'incremental_with_delete' },
    ],
    ['a check that only the server makes', `code,name,zip\n${ROW},a,1\n${ROW},b,2\n`, { validate: false }],
  ])('the error about %s names no value', async (_, csv, more) => {
    expect(leaksIn(await failureTexts(csv, more), 'the error', marks())).toEqual([]);
  });

  it.each([
    ['an upload address that expired', { kind: 'expiredUrl', match: { route: 'import_tables.new' } } as const],
    ['an upload that is refused', { kind: 'status', status: 400, match: { route: 'upload.put' } } as const],
    ['a token that is never accepted', { kind: 'unauthorized', match: { route: 'imports.new' } } as const],
    ['a reply that is no JSON', { kind: 'notJson', match: { route: 'branches.list' } } as const],
  ])('the error about %s holds no address, token or row', async (_, rule) => {
    // The next batch would mend the expired address: the run is to fail at the first one.
    tenant.sandbox.setFaults([rule, { kind: 'status', status: 400, match: { route: 'imports.new' }, skip: 1 }]);
    try {
      const texts = await failureTexts(`code,name,zip\n1,${ROW},2\n`);
      expect(leaksIn(texts, 'the error', marks())).toEqual([]);
    } finally {
      tenant.sandbox.clearFaults();
    }
  });

  it('are found where they are: the search itself works', async () => {
    const { client, taskQueue } = tenant.temporal;
    const options = { taskQueue: `${taskQueue}-nobody`, workflowId: `leaky-${taskQueue}` };
    const leaky = `http://store.example/file?signature=abcdef, Bearer 0123456789abcdef, ${ROW}`;
    const handle = await client.workflow.start('leaky', { ...options, args: [{ deep: [leaky] }] });
    const leaks = await leaksInHistory(client, handle, [...SHAPES, wordMark('a row', ROW)]);
    await handle.terminate('only its input was wanted');
    expect(leaks.map(({ mark }) => mark)).toEqual(['a signed address', 'a bearer token', 'a row']);
  });

  it('are in no history that this test run has made so far', async () => {
    const { client } = tenant.temporal;
    const runs: { workflowId: string; runId: string }[] = [];
    for await (const { workflowId, runId, type } of client.workflow.list())
      if (type !== 'leaky') runs.push({ workflowId, runId });
    const found: Leak[] = [];
    const searchedFor = marks();
    await forEachBounded(runs, 8, async (run) => {
      found.push(...(await leaksInHistory(client, run, searchedFor)));
    });
    expect(found).toEqual([]);
    expect(runs.length).toBeGreaterThanOrEqual(ended.length);
  });

  it('are in no line that a worker has logged so far', () => {
    const lines = loggedLines();
    expect(leaksInTexts(lines, marks(), (index) => lines[index]?.slice(0, 60) ?? '')).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  });
});
