import { afterEach, describe, expect, it } from '@jest/globals';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { meaningOf, TitanRdmClient } from '../connectors/titanrdm/index.js';
import { FULL, SandboxCustomers, userRows } from './support/sandbox-customers.js';
import { everything, failure } from './support/titan-client.js';

const titan = new SandboxCustomers();
/** Errors of the test. */
const told: unknown[] = [];

function expectNothingTold(): void {
  const all = JSON.stringify(titan.log) + told.map(everything).join('\n');
  for (const secret of [titan.sandbox.clientSecret, 'not-the-secret', 'Bearer ', 'signature', 'Smith', '00501'])
    expect(all).not.toContain(secret);
}
afterEach(() => {
  expectNothingTold();
  told.length = 0;
});

describe('faults of the sandbox', () => {
  const READS = ['branches.list', 'domains.list', 'deployed_tables.list', 'mappings.list', 'token'];

  it.each(['status', 'reset', 'lostReply', 'resetMidBody'] as const)(
    'weakness 6: a moment of %s on each read is bridged',
    async (kind) => {
      const fresh = titan.connect();
      const made = titan.sandbox.faultLog.length;
      titan.sandbox.setFaults(READS.map((route) => ({ kind, times: 2, match: { route } })));
      expect((await titan.find(fresh)).table.name).toBe('Customers');
      fresh.close();
      expect(titan.sandbox.faultLog.length - made).toBe(2 * READS.length);
    },
  );

  it('weakness 6: an upload that breaks off is sent again from its start', async () => {
    titan.sandbox.setFaults([
      { kind: 'reset', times: 1, match: { route: 'upload.put' } },
      { kind: 'status', status: 503, times: 2, match: { route: 'upload.put' } },
    ]);
    const result = await titan.outcome(await titan.send(FULL, 'full'));
    expect(meaningOf(result.import.status)).toBe('success');
  });

  it.each(['imports.new', 'exports.new'])(
    'a lost reply to %s is TITAN_UNKNOWN_OUTCOME, and it was done once',
    async (route) => {
      const { branch, table } = await titan.find();
      titan.sandbox.setFaults([{ kind: 'lostReply', match: { route } }]);
      const calls = (): number => titan.sandbox.requestLog.filter((entry) => entry.route === route).length;
      const before = calls();
      const call =
        route === 'imports.new'
          ? titan.client.createImport({ branchId: branch.id })
          : titan.client.createExport({
              branchId: branch.id,
              tableKey: table.key,
              pattern: 'full',
              includeHistory: false,
            });
      const error = await failure(call);
      told.push(error);
      expect(error).toMatchObject({ code: 'TITAN_UNKNOWN_OUTCOME', retryable: false });
      expect(calls() - before).toBe(1);
    },
  );

  it('a lost reply to complete is TITAN_UNKNOWN_OUTCOME, and reading the import settles it', async () => {
    titan.sandbox.setFaults([{ kind: 'lostReply', match: { route: 'imports.complete' } }]);
    const error = await failure(titan.send(FULL, 'full'));
    told.push(error);
    expect(error.code).toBe('TITAN_UNKNOWN_OUTCOME');
    const { id } = await titan.client.createImport({ branchId: (await titan.find()).branch.id });
    const result = await titan.outcome(String(Number(id) - 1));
    expect(meaningOf(result.import.status)).toBe('success');
  });

  it('weakness 21: a lost reply to upload_complete is bridged', async () => {
    titan.sandbox.setFaults([{ kind: 'lostReply', times: 1, match: { route: 'import_tables.upload_complete' } }]);
    const result = await titan.outcome(await titan.send(FULL, 'full'));
    expect(meaningOf(result.import.status)).toBe('success');
  });

  it('an upload address that has expired is TITAN_UPLOAD_URL_EXPIRED', async () => {
    titan.sandbox.setFaults([{ kind: 'expiredUrl', match: { route: 'import_tables.new' } }]);
    const error = await failure(titan.send(FULL, 'full'));
    told.push(error);
    expect(error.code).toBe('TITAN_UPLOAD_URL_EXPIRED');
  });

  it('weakness 24: a download address that has expired is renewed', async () => {
    await titan.outcome(await titan.send(FULL, 'full'));
    const id = await titan.finishedExport('full');
    titan.sandbox.setFaults([{ kind: 'expiredUrl', times: 1, match: { route: 'exports.get' } }]);
    expect(userRows(await text(await titan.client.downloadExport(id)))).toHaveLength(2);
  });

  it.each(['truncated', 'resetMidBody'] as const)(
    'weakness 24: a download that is %s is TITAN_DOWNLOAD_INCOMPLETE',
    async (kind) => {
      await titan.outcome(await titan.send(FULL, 'full'));
      const id = await titan.finishedExport('full');
      titan.sandbox.setFaults([{ kind, match: { route: 'download.get' } }]);
      const error = await failure(titan.client.downloadExport(id).then((stream) => text(stream)));
      told.push(error);
      expect(error).toMatchObject({ code: 'TITAN_DOWNLOAD_INCOMPLETE', retryable: true });
    },
  );

  it.each([
    ['wrongShape', 'TITAN_UNEXPECTED_REPLY'],
    ['notJson', 'TITAN_UNEXPECTED_REPLY'],
  ] as const)('%s is %s', async (kind, code) => {
    titan.sandbox.setFaults([{ kind, match: { route: 'domains.list' } }]);
    const error = await failure(titan.client.listDomains());
    told.push(error);
    expect(error.code).toBe(code);
  });

  it('weakness 9: 204 to upload_complete and complete is a success', async () => {
    const { branch, table, mapping } = await titan.find();
    const batch = await titan.client.createImport({ branchId: branch.id });
    const part = await titan.client.createImportTable({
      importId: batch.id,
      tableKey: table.key,
      mappingKey: mapping.key,
      pattern: 'full',
    });
    titan.sandbox.setFaults([
      { kind: 'noContent', match: { route: ['import_tables.upload_complete', 'imports.complete'] } },
    ]);
    expect((await titan.client.uploadComplete(part.id)).id).toBe(part.id);
    expect((await titan.client.completeImport(batch.id)).id).toBe(batch.id);
  });

  it('an export that failed is TITAN_EXPORT_FAILED', async () => {
    titan.sandbox.setFaults([{ kind: 'exportFailed', message: 'disk full', match: { route: 'exports.new' } }]);
    const error = await failure(titan.client.downloadExport(await titan.finishedExport('full')));
    expect(error.code).toBe('TITAN_EXPORT_FAILED');
    expect(error.message).toContain('disk full');
  });

  it('an overdue account is TITAN_PAYMENT_REQUIRED, a tenant without incremental exports TITAN_INCREMENTAL_REFUSED', async () => {
    const { branch } = await titan.find();
    titan.sandbox.configure({ refuseIncremental: true });
    expect((await failure(titan.finishedExport('incremental', false, '2026-01-01'))).code).toBe(
      'TITAN_INCREMENTAL_REFUSED',
    );
    titan.sandbox.configure({ accountOverdue: true });
    expect((await failure(titan.client.createImport({ branchId: branch.id }))).code).toBe('TITAN_PAYMENT_REQUIRED');
  });

  it('a server that is away for a moment is waited for', async () => {
    const patient = new TitanRdmClient({
      url: titan.sandbox.url,
      clientId: titan.sandbox.clientId,
      clientSecret: titan.sandbox.clientSecret,
      retry: { limit: 50, firstDelayMs: 10, maxDelayMs: 50 },
    });
    const { branch } = await titan.find();
    await titan.sandbox.stopListening();
    const list = patient.listDomains();
    const created = patient.createImport({ branchId: branch.id });
    await sleep(100);
    await titan.sandbox.resumeListening();
    expect([(await list).length, (await created).status.length > 0]).toEqual([2, true]);
    patient.close();
  });

  it('nothing of all this told a secret, a token, a signature or a row', async () => {
    const { branch, table } = await titan.find();
    await titan.outcome(await titan.send(FULL, 'full'));
    const id = await titan.finishedExport('full');
    const ofExport = { tableKey: table.key, pattern: 'full', includeHistory: false } as const;
    const send = () => titan.send(FULL, 'full');
    const receive = async () => text(await titan.client.downloadExport(id));
    for (const [kind, route, call] of [
      ['lostReply', 'imports.new', () => titan.client.createImport({ branchId: branch.id })],
      ['lostReply', 'exports.new', () => titan.client.createExport({ branchId: branch.id, ...ofExport })],
      ['lostReply', 'imports.complete', send],
      ['expiredUrl', 'import_tables.new', send],
      ['truncated', 'download.get', receive],
      ['resetMidBody', 'download.get', receive],
      ['wrongShape', 'domains.list', () => titan.client.listDomains()],
      ['notJson', 'domains.list', () => titan.client.listDomains()],
    ] as const) {
      titan.sandbox.setFaults([{ kind, match: { route } }]);
      told.push(await failure(call()));
    }
    expect(told.length).toBeGreaterThan(5);
    expectNothingTold();
  });
});
