import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanConventionDownloadResult, TitanConventionUploadResult } from '../contracts/titan-results.js';
import type { FaultRuleInput } from '../sandbox/titanrdm/fault-rules.js';
import { failureOf } from './support/outcome.js';
import { refusal, ROW_VALUE as V } from './support/refusal.js';
import { openTenant, type Tenant } from './support/tenant.js';

const MANY = Array.from({ length: 40 }, (_, index) => `C${String(index).padStart(3, '0')},${V},1\n`);

/** What a server refuses, cannot, or answers in a way that nobody expects. */
describe('a server', () => {
  let tenant: Tenant;
  const base = { connection: 'tenant', branch: { name: 'main' } };
  const poll = { intervalSeconds: 0.05, maxWaitSeconds: 30 };
  const up = (more: object = {}): [string, object] => [
    'titanConventionUpload',
    { ...base, poll, domain: 'Customer', store: 'lake', ...more },
  ];
  const down = (more: object = {}): [string, object] => [
    'titanConventionDownload',
    { ...base, poll, domain: 'Customer', store: 'landing', ...more },
  ];

  beforeAll(async () => {
    tenant = await openTenant({
      more: (own) => ({
        connections: {
          wrongSecret: { ...own, clientSecret: 'not-the-secret-of-this-tenant' },
          secured: { ...own, url: own.url.replace('http:', 'https:') },
          closed: { ...own, url: 'http://127.0.0.1:1', retry: { limit: 1, firstDelayMs: 1, maxDelayMs: 1 } },
          small: { ...own, maxFileBytes: 500 },
        },
      }),
    });
    await tenant.put('cust_customers.csv', `code,name,zip\nC1,${V},00501\n`);
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    await tenant.execute(...up());
    await tenant.execute(...down());
  });
  beforeEach(async () => {
    await tenant.put('cust_regions.csv', 'id,label\n1,Changed\n');
  });
  afterEach(() => {
    tenant.sandbox.clearFaults();
    tenant.sandbox.configure({ accountOverdue: false, refuseIncremental: false });
  });
  afterAll(() => tenant.close());

  it.each<[string, () => [string, object], string, RegExp]>([
    [
      'bad credentials',
      () => up({ connection: 'wrongSecret' }),
      'TITAN_AUTHENTICATION',
      /401.*Check url, clientId and clientSecret/u,
    ],
    ['https where it speaks http', () => up({ connection: 'secured' }), 'TITAN_TLS', /Check the connection's url/u],
    [
      'a mark that is no instant',
      () => down({ pattern: 'incremental', highWaterMark: 'yesterday' }),
      'TITAN_BAD_MARK',
      /"yesterday" is not .*Give one such as/u,
    ],
  ])('refuses %s: the error says what to check', async (_, run, code, says) => {
    const refused = await refusal(tenant, ...run());
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(says);
  });

  it('that cannot be reached is tried for minutes, and meanwhile the reason stands in the description of the run', async () => {
    const handle = await tenant.start(...up({ connection: 'closed' }));
    const step = await until(async () => {
      const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
      return pending?.lastFailure ? pending : undefined;
    });
    await handle.terminate('seen');
    expect(step.activityType?.name).toBe('titanDiscover');
    expect(step.lastFailure?.message).toMatch(
      /\(ECONNREFUSED\)\. Check the connection's url, the network and the server/u,
    );
    expect(step.lastFailure?.applicationFailureInfo).toMatchObject({ type: 'TITAN_UNREACHABLE', nonRetryable: false });
    // Bounded: the tries and the waits between them are those of `workflows/policies.ts`.
    expect(step.maximumAttempts).toBe(15);
  });

  it('that comes back is found again without help', async () => {
    await tenant.sandbox.stopListening();
    const handle = await tenant.start(...up());
    await until(async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure ?? undefined);
    await tenant.sandbox.resumeListening();
    const { totals } = (await handle.result()) as TitanConventionUploadResult;
    expect(totals).toMatchObject({ tables: 2, success: 2 });
  });

  it.each<[string, () => [string, object], string, RegExp]>([
    ['upload', up, 'TITAN_PAYMENT_REQUIRED', /Nothing was applied\. .*402.*Settle the tenant's account/u],
    ['download', down, 'TITAN_PAYMENT_REQUIRED', /402.*Settle the tenant's account/u],
  ])('whose account is overdue refuses every %s', async (_, run, code, says) => {
    tenant.sandbox.configure({ accountOverdue: true });
    const refused = await refusal(tenant, ...run());
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(says);
  });

  it('without incremental exports is told so, and what to use', async () => {
    tenant.sandbox.configure({ refuseIncremental: true });
    const refused = await refusal(tenant, ...down({ pattern: 'incremental', highWaterMark: '2026-01-01' }));
    expect(refused.code).toBe('TITAN_INCREMENTAL_REFUSED');
    expect(refused.message).toMatch(/Use pattern 'full'/u);
  });

  it.each<[string, FaultRuleInput, object, string, RegExp]>([
    [
      'fails',
      { kind: 'exportFailed', match: { route: 'exports.new', table: 'cust_regions' }, message: 'no space' },
      {},
      'TITAN_EXPORT_FAILED',
      /Table cust_regions: .*no space\. Look at the export/u,
    ],
    [
      'never ends',
      { kind: 'exportNeverEnds', match: { route: 'exports.new', table: 'cust_regions' } },
      { poll: { intervalSeconds: 0.05, maxWaitSeconds: 0.2 } },
      'TITAN_WAIT_EXCEEDED',
      /Table cust_regions: .*'started' after 0\.2 s\. Raise poll\.maxWaitSeconds/u,
    ],
    [
      'cannot be fetched',
      { kind: 'status', status: 404, match: { route: 'download.get', table: 'cust_regions' } },
      {},
      'TITAN_DOWNLOAD_REFUSED',
      /Table cust_regions: .*404.*Create a new export/u,
    ],
  ])('whose export %s leaves the table as it was', async (_, fault, more, code, says) => {
    tenant.sandbox.setFaults([fault]);
    const refused = await refusal<TitanConventionDownloadResult>(tenant, ...down({ tables: ['regions'], ...more }));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(says);
    expect(refused.result?.tables[0]?.error?.code).toBe(code);
  });

  it.each<[string, FaultRuleInput, string, RegExp]>([
    [
      'a batch',
      { kind: 'status', status: 403, match: { route: 'imports.new' } },
      'TITAN_FORBIDDEN',
      /Nothing was applied\. .*403.*Give the API client/u,
    ],
    [
      'a table',
      { kind: 'status', status: 422, match: { route: 'import_tables.new' }, message: 'no such pattern' },
      'TITAN_INVALID',
      /Table cust_customers: .*no such pattern\. Correct what/u,
    ],
    [
      'a file',
      { kind: 'status', status: 400, match: { route: 'upload.put' }, message: 'TooLarge' },
      'TITAN_UPLOAD_REFUSED',
      /Table cust_customers: .*400: TooLarge.*Correct what/u,
    ],
  ])('that refuses %s is heard, and the batch is not completed', async (_, fault, code, says) => {
    tenant.sandbox.setFaults([fault]);
    const refused = await refusal(tenant, ...up());
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(says);
  });

  describe('that answers with another shape', () => {
    type Kinds = readonly ('wrongShape' | 'notJson')[];
    const both: Kinds = ['wrongShape', 'notJson'];

    it.each<[string, () => [string, object], Kinds?]>([
      ['token', up],
      ['branches.list', up],
      ['domains.list', up],
      ['deployed_tables.list', up],
      ['deployed_tables.lookup', up],
      ['mappings.list', up],
      ['import_tables.upload_complete', up],
      ['imports.get', up],
      ['exports.get', down],
      ['imports.new', up, ['wrongShape']],
      ['import_tables.new', up, ['wrongShape']],
      ['exports.new', down, ['wrongShape']],
    ])(
      'to %s is TITAN_UNEXPECTED_REPLY, which names the call and repeats nothing of the reply',
      async (route, run, kinds = both) => {
        for (const kind of kinds) {
          if (route === 'token') tenant.sandbox.revokeTokens();
          tenant.sandbox.setFaults([{ kind, match: { route } }]);
          const refused = await refusal(tenant, ...run());
          expect(refused.code).toBe('TITAN_UNEXPECTED_REPLY');
          expect(refused.message).toMatch(
            /The reply to (GET|POST) \/\S+ (has the wrong shape: |is not JSON \(200\)\. ).*Check that/u,
          );
          expect(refused.message).not.toMatch(/unexpected|Maintenance/u);
        }
      },
    );

    it.each([
      ['imports.new', 'notJson', up],
      ['imports.complete', 'wrongShape', up],
      ['exports.new', 'notJson', down],
      ['download.get', 'wrongShape', down],
    ] as const)('to %s with %s is asked again, where that is harmless', async (route, kind, run) => {
      tenant.sandbox.setFaults([{ kind, match: { route }, times: 1 }]);
      const result = await tenant.execute<TitanConventionUploadResult | TitanConventionDownloadResult>(...run());
      expect(result.totals).toMatchObject({ tables: 2, success: 2 });
      expect(tenant.sandbox.faultLog.at(-1)).toMatchObject({ kind, route });
    });

    it('after complete does not make the batch unapplied: the failure says that it was completed', async () => {
      tenant.sandbox.setFaults([{ kind: 'wrongShape', match: { route: 'imports.get' }, skip: 1 }]);
      const failed = await failureOf(tenant.execute<TitanConventionUploadResult>(...up()));
      expect(failed.code).toBe('TITAN_UNEXPECTED_REPLY');
      expect(failed.message).toMatch(/^Batch \d+ was completed, but its end was not seen: /u);
      expect(failed.result?.summary).toBe(failed.message);
      for (const { status } of failed.result?.tables ?? [])
        expect(status).toMatch(/^error: sent, and possibly applied: /u);
    });
  });

  describe('that takes files up to a size', () => {
    beforeEach(() => tenant.put('cust_customers.csv', `code,name,zip\n${MANY.join('')}`));

    it('gets none that is larger under full: nothing is sent of it', async () => {
      const refused = await refusal(tenant, ...up({ connection: 'small' }));
      expect(refused.code).toBe('FILE_TOO_LARGE');
      expect(refused.message).toMatch(
        /cust_customers.* 500 bytes\. .*'incremental_upsert_only', or raise maxFileBytes/u,
      );
    });

    it('gets several parts of one batch under incremental_upsert_only, each row once', async () => {
      const run = up({ connection: 'small', pattern: 'incremental_upsert_only', tables: ['customers'] });
      const result = await tenant.execute<TitanConventionUploadResult>(...run);
      expect(result.tables[0]).toMatchObject({ status: 'success', rows: 40, counts: { inserted: 40, updated: 0 } });
      const parts = result.tables[0]?.importTables ?? [];
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.map(({ correlationCode }) => correlationCode.split(':').at(-1))).toEqual(
        parts.map((_, index) => `part-${index + 1}`),
      );
      for (const { fileSize } of parts) expect(fileSize).toBeLessThanOrEqual(500);
      expect((await tenant.sandbox.rows('cust_customers')).length).toBe(41);
    });
  });
});

/** Asks until there is an answer; the test's own timeout ends what never comes. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(50);
  }
}
