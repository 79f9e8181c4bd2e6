import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { meaningOf, TitanRdmClient, type TitanLogEntry } from '../connectors/titanrdm/index.js';
import type { ImportPattern } from '../contracts/titan-common.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { everything, failure } from './support/titan-client.js';

let sandbox: TitanSandbox;
let client: TitanRdmClient;
const log: TitanLogEntry[] = [];
const told: unknown[] = [];

const DEFAULTS = {
  tokenTtlSeconds: 7_200,
  tokenClockSkewSeconds: 0,
  signedUrlTtlSeconds: 900,
  omitMeta: false,
} as const;

beforeAll(async () => {
  sandbox = await startTitanSandbox({ exportDelayMs: 30 });
  client = connect();
});

afterEach(() => {
  sandbox.clearFaults();
  sandbox.configure({
    ...DEFAULTS,
    compressExports: false,
    exportRowsPerFile: 0,
    accountOverdue: false,
    refuseIncremental: false,
  });
});

afterAll(async () => {
  client.close();
  await sandbox.close();
});

function connect(): TitanRdmClient {
  const { url, clientId, clientSecret } = sandbox;
  const retry = { limit: 8, firstDelayMs: 5, maxDelayMs: 100 };
  return new TitanRdmClient({ url, clientId, clientSecret, retry, log: (entry) => void log.push(entry) });
}

/** Branch, table and mapping of the demonstration's customers, found as a workflow would. */
async function customers() {
  const branch = await client.findBranch('main');
  const domain = await client.findDomain('Customer');
  const tables = await client.listDeployedTables({ branchId: branch.id, domainId: domain.id });
  const table = tables.find(({ database_table_name }) => database_table_name === 'customers');
  if (table === undefined) throw new Error('the sandbox has no customers');
  return { branch, domain, table, mapping: await client.defaultImportMapping(table.id) };
}

async function send(csv: string, pattern: ImportPattern): Promise<string> {
  const { branch, table, mapping } = await customers();
  const batch = await client.createImport({ branchId: branch.id, description: 'test', correlationCode: 'batch-1' });
  const part = await client.createImportTable({
    importId: batch.id,
    tableKey: table.key,
    mappingKey: mapping.key,
    pattern,
    correlationCode: 'table-1',
  });
  const bytes = Buffer.from(csv);
  await client.uploadFile(part.signed_s3_url ?? '', { bytes: bytes.length, open: () => Readable.from([bytes]) });
  expect((await client.uploadComplete(part.id)).id).toBe(part.id);
  expect((await client.completeImport(batch.id, 'all sent')).id).toBe(batch.id);
  return batch.id;
}

async function outcome(importId: string) {
  for (;;) {
    const result = await client.getImportResult(importId);
    if (['success', 'failed'].includes(meaningOf(result.import.status))) return result;
    await sleep(10);
  }
}

async function finishedExport(
  pattern: 'full' | 'incremental',
  includeHistory = false,
  highWaterMark?: string,
): Promise<string> {
  const { branch, table } = await customers();
  const mark = highWaterMark === undefined ? {} : { highWaterMark };
  const made = await client.createExport({
    branchId: branch.id,
    tableKey: table.key,
    pattern,
    includeHistory,
    ...mark,
  });
  while (['created', 'started', 'unknown'].includes((await client.getExport(made.id)).status)) await sleep(10);
  return made.id;
}

/** The user's columns of the rows, without the system's. */
const userRows = (csv: string): string[] =>
  csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(0, 5).join(','))
    .sort();

const HEADER = 'customer_code,name,segment,credit_limit,active';
const ROWS = ['00501,"Smith, Ann",NA,1.10,true', '9007199254740993,null,,0,false'];
const FULL = `${HEADER}\n${ROWS.join('\n')}\n`;

describe('every call against the sandbox', () => {
  it('reads branches, domains, tables, mappings', async () => {
    const { branch, domain, table, mapping } = await customers();
    expect(await client.getBranch(branch.id)).toEqual(branch);
    expect((await client.findBranch('dev', 'dev@example.com')).name).toBe('dev');
    expect(await client.getDomain(domain.id)).toEqual(domain);
    expect((await client.listDomains()).map(({ abbreviation }) => abbreviation)).toEqual(['cust', 'fin']);
    expect((await client.listBranches()).map(({ name }) => name)).toEqual(['main', 'dev']);
    const looked = await client.lookupDeployedTable({ branchId: branch.id, key: table.key });
    expect(looked.columns.map(({ name }) => name)).toEqual(HEADER.split(','));
    expect((await client.importMappingByKey(table.id, mapping.key)).id).toBe(mapping.id);
  });

  it('sends a table and downloads it with its values unchanged', async () => {
    const result = await outcome(await send(FULL, 'full'));
    expect(meaningOf(result.import.status)).toBe('success');
    expect(result.tables).toHaveLength(1);
    expect(result.tables?.[0]).toMatchObject({ insert_row_count: 2, file_size: Buffer.byteLength(FULL) });
    const csv = await text(await client.downloadExport(await finishedExport('full')));
    expect(csv.split('\n')[0]).toBe(
      `${HEADER},trdm_sk,trdm_record_id,trdm_state,trdm_created_at,trdm_effective_from,trdm_effective_to,trdm_is_deleted,trdm_actor_type,trdm_actor_id,trdm_tran_code`,
    );
    for (const value of ['00501', '"Smith, Ann"', ',NA,', ',1.10,', '9007199254740993,null,'])
      expect(csv).toContain(value);
  });

  it.each([
    ['incremental_upsert_only', `${HEADER}\n00502,Beth,,2,true\n`, 'inserts'],
    ['incremental', `${HEADER}\n00502,Betty,,2,true\n`, 'updates'],
    ['incremental_with_delete', `${HEADER},trdm_tran_code\n00502,,,,,d\n`, 'deletes'],
  ] as const)('pattern %s is applied', async (pattern, csv, what) => {
    const result = await outcome(await send(csv, pattern));
    const { insert_row_count, update_row_count, delete_row_count } = result.import;
    expect({ insert_row_count, update_row_count, delete_row_count }).toEqual({
      insert_row_count: what === 'inserts' ? 1 : 0,
      update_row_count: what === 'updates' ? 1 : 0,
      delete_row_count: what === 'deletes' ? 1 : 0,
    });
  });

  it('exports what changed since a mark, with its history', async () => {
    const history = await text(await client.downloadExport(await finishedExport('incremental', true, '2000-01-01')));
    const latest = await text(
      await client.downloadExport(await finishedExport('incremental', false, '2000-01-01T00:00:00Z')),
    );
    expect(history.trimEnd().split('\n')).toHaveLength(1 + 5);
    expect(latest.trimEnd().split('\n')).toHaveLength(1 + 3);
    const none = await text(
      await client.downloadExport(await finishedExport('incremental', false, '9999-12-31T00:00:00+00')),
    );
    expect(none.trimEnd().split('\n')).toHaveLength(1);
  });

  it('tells that an upload failed', async () => {
    const { branch, table, mapping } = await customers();
    const batch = await client.createImport({ branchId: branch.id });
    const part = await client.createImportTable({
      importId: batch.id,
      tableKey: table.key,
      mappingKey: mapping.key,
      pattern: 'full',
    });
    await client.uploadFailed(part.id, 'stopped');
    const read = await client.getImportResult(batch.id);
    expect(read.tables?.map(({ id, status }) => [id, meaningOf(status)])).toEqual([[part.id, 'failed']]);
  });

  it('weakness 23: gzip and several files come as one table', async () => {
    await outcome(
      await send(`${HEADER}\n${Array.from({ length: 25 }, (_, i) => `c${i},n${i},,1,true`).join('\n')}\n`, 'full'),
    );
    const plain = await text(await client.downloadExport(await finishedExport('full')));
    for (const exportFileList of ['download_urls', 'download_url'] as const) {
      sandbox.configure({ compressExports: true, exportRowsPerFile: 10, exportFileList });
      expect(userRows(await text(await client.downloadExport(await finishedExport('full'))))).toEqual(userRows(plain));
    }
  });
});

describe('tokens of the sandbox', () => {
  it.each([-86_400, 86_400])('weakness 8: a server whose clock is off by %d s costs no extra token', async (skew) => {
    sandbox.configure({ tokenClockSkewSeconds: skew });
    const fresh = connect();
    const before = tokensIssued();
    for (let i = 0; i < 3; i++) await fresh.listDomains();
    expect(tokensIssued() - before).toBe(1);
    fresh.close();
  });

  it('weakness 8: a token that lives for 200 s is used for more than one call', async () => {
    sandbox.configure({ tokenTtlSeconds: 200 });
    const fresh = connect();
    const before = tokensIssued();
    for (let i = 0; i < 3; i++) await fresh.listDomains();
    expect(tokensIssued() - before).toBe(1);
    fresh.close();
  });

  it('weakness 7: a revoked token is replaced, once for all callers', async () => {
    await client.listDomains();
    sandbox.revokeTokens();
    const before = tokensIssued();
    await Promise.all(Array.from({ length: 20 }, () => client.listDomains()));
    expect(tokensIssued() - before).toBe(1);
  });

  it('bad credentials are TITAN_AUTHENTICATION', async () => {
    const wrong = new TitanRdmClient({ url: sandbox.url, clientId: sandbox.clientId, clientSecret: 'not-the-secret' });
    const error = await failure(wrong.authenticate());
    told.push(error);
    expect(error).toMatchObject({ code: 'TITAN_AUTHENTICATION', retryable: false });
    wrong.close();
  });

  const tokensIssued = (): number => sandbox.requestLog.filter(({ path }) => path === '/oauth/token').length;
});

describe('faults of the sandbox', () => {
  const READS = ['branches.list', 'domains.list', 'deployed_tables.list', 'mappings.list', 'token'];

  it.each(['status', 'reset', 'lostReply', 'resetMidBody'] as const)(
    'weakness 6: a moment of %s on each read is bridged',
    async (kind) => {
      client.close();
      client = connect();
      const made = sandbox.faultLog.length;
      sandbox.setFaults(READS.map((route) => ({ kind, times: 2, match: { route } })));
      expect((await customers()).table.name).toBe('Customers');
      expect(sandbox.faultLog.length - made).toBe(2 * READS.length);
    },
  );

  it('weakness 6: an upload that breaks off is sent again from its start', async () => {
    sandbox.setFaults([
      { kind: 'reset', times: 1, match: { route: 'upload.put' } },
      { kind: 'status', status: 503, times: 2, match: { route: 'upload.put' } },
    ]);
    const result = await outcome(await send(FULL, 'full'));
    expect(meaningOf(result.import.status)).toBe('success');
  });

  it.each(['imports.new', 'exports.new'])(
    'a lost reply to %s is TITAN_UNKNOWN_OUTCOME, and it was done once',
    async (route) => {
      const { branch, table } = await customers();
      sandbox.setFaults([{ kind: 'lostReply', match: { route } }]);
      const calls = (): number => sandbox.requestLog.filter((entry) => entry.route === route).length;
      const before = calls();
      const call =
        route === 'imports.new'
          ? client.createImport({ branchId: branch.id })
          : client.createExport({ branchId: branch.id, tableKey: table.key, pattern: 'full', includeHistory: false });
      const error = await failure(call);
      told.push(error);
      expect(error).toMatchObject({ code: 'TITAN_UNKNOWN_OUTCOME', retryable: false });
      expect(calls() - before).toBe(1);
    },
  );

  it('a lost reply to complete is TITAN_UNKNOWN_OUTCOME, and reading the import settles it', async () => {
    sandbox.setFaults([{ kind: 'lostReply', match: { route: 'imports.complete' } }]);
    const error = await failure(send(FULL, 'full'));
    told.push(error);
    expect(error.code).toBe('TITAN_UNKNOWN_OUTCOME');
    const { id } = await client.createImport({ branchId: (await customers()).branch.id });
    const result = await outcome(String(Number(id) - 1));
    expect(meaningOf(result.import.status)).toBe('success');
  });

  it('an upload address that has expired is TITAN_UPLOAD_URL_EXPIRED', async () => {
    sandbox.setFaults([{ kind: 'expiredUrl', match: { route: 'import_tables.new' } }]);
    const error = await failure(send(FULL, 'full'));
    told.push(error);
    expect(error.code).toBe('TITAN_UPLOAD_URL_EXPIRED');
  });

  it('weakness 24: a download address that has expired is renewed', async () => {
    const id = await finishedExport('full');
    sandbox.setFaults([{ kind: 'expiredUrl', times: 1, match: { route: 'exports.get' } }]);
    expect(userRows(await text(await client.downloadExport(id)))).toHaveLength(2);
  });

  it.each(['truncated', 'resetMidBody'] as const)(
    'weakness 24: a download that is %s is TITAN_DOWNLOAD_INCOMPLETE',
    async (kind) => {
      const id = await finishedExport('full');
      sandbox.setFaults([{ kind, match: { route: 'download.get' } }]);
      const error = await failure(client.downloadExport(id).then((stream) => text(stream)));
      told.push(error);
      expect(error).toMatchObject({ code: 'TITAN_DOWNLOAD_INCOMPLETE', retryable: true });
    },
  );

  it.each([
    ['wrongShape', 'TITAN_UNEXPECTED_REPLY'],
    ['notJson', 'TITAN_UNEXPECTED_REPLY'],
  ] as const)('%s is %s', async (kind, code) => {
    sandbox.setFaults([{ kind, match: { route: 'domains.list' } }]);
    const error = await failure(client.listDomains());
    told.push(error);
    expect(error.code).toBe(code);
  });

  it('weakness 9: 204 to upload_complete and complete is a success', async () => {
    const { branch, table, mapping } = await customers();
    const batch = await client.createImport({ branchId: branch.id });
    const part = await client.createImportTable({
      importId: batch.id,
      tableKey: table.key,
      mappingKey: mapping.key,
      pattern: 'full',
    });
    sandbox.setFaults([{ kind: 'noContent', match: { route: ['import_tables.upload_complete', 'imports.complete'] } }]);
    expect((await client.uploadComplete(part.id)).id).toBe(part.id);
    expect((await client.completeImport(batch.id)).id).toBe(batch.id);
  });

  it('an export that failed is TITAN_EXPORT_FAILED', async () => {
    sandbox.setFaults([{ kind: 'exportFailed', message: 'disk full', match: { route: 'exports.new' } }]);
    const error = await failure(client.downloadExport(await finishedExport('full')));
    expect(error.code).toBe('TITAN_EXPORT_FAILED');
    expect(error.message).toContain('disk full');
  });

  it('an overdue account is TITAN_PAYMENT_REQUIRED, a tenant without incremental exports TITAN_INCREMENTAL_REFUSED', async () => {
    const { branch } = await customers();
    sandbox.configure({ refuseIncremental: true });
    expect((await failure(finishedExport('incremental', false, '2026-01-01'))).code).toBe('TITAN_INCREMENTAL_REFUSED');
    sandbox.configure({ accountOverdue: true });
    expect((await failure(client.createImport({ branchId: branch.id }))).code).toBe('TITAN_PAYMENT_REQUIRED');
  });

  it('a server that is away for a moment is waited for', async () => {
    const patient = new TitanRdmClient({
      url: sandbox.url,
      clientId: sandbox.clientId,
      clientSecret: sandbox.clientSecret,
      retry: { limit: 50, firstDelayMs: 10, maxDelayMs: 50 },
    });
    const { branch } = await customers();
    await sandbox.stopListening();
    const list = patient.listDomains();
    const created = patient.createImport({ branchId: branch.id });
    await sleep(100);
    await sandbox.resumeListening();
    expect([(await list).length, (await created).status.length > 0]).toEqual([2, true]);
    patient.close();
  });

  it('nothing of all this told a secret, a token, a signature or a row', () => {
    const all = JSON.stringify(log) + told.map(everything).join('\n');
    expect(told.length).toBeGreaterThan(5);
    for (const secret of [sandbox.clientSecret, 'not-the-secret', 'Bearer ', 'signature', 'Smith', '00501'])
      expect(all).not.toContain(secret);
  });
});
