import { describe, expect, it } from '@jest/globals';
import { text } from 'node:stream/consumers';
import { meaningOf, TitanRdmClient } from '../connectors/titanrdm/index.js';
import { FULL, HEADER, SandboxCustomers, userRows } from './support/sandbox-customers.js';
import { failure } from './support/titan-client.js';

const titan = new SandboxCustomers();
const BETH = '00502,Beth,,2,true\n';
const PATTERNS = [
  ['incremental_upsert_only', `${HEADER}\n${BETH}`, 'inserts'],
  ['incremental', `${HEADER}\n00502,Betty,,2,true\n`, 'updates'],
  ['incremental_with_delete', `${HEADER},trdm_tran_code\n00502,,,,,d\n`, 'deletes'],
] as const;

describe('every call against the sandbox', () => {
  it('reads branches, domains, tables, mappings', async () => {
    const { branch, domain, table, mapping } = await titan.find();
    expect(await titan.client.getBranch(branch.id)).toEqual(branch);
    expect((await titan.client.findBranch('dev', 'dev@example.com')).name).toBe('dev');
    expect(await titan.client.getDomain(domain.id)).toEqual(domain);
    expect((await titan.client.listDomains()).map(({ abbreviation }) => abbreviation)).toEqual(['cust', 'fin']);
    expect((await titan.client.listBranches()).map(({ name }) => name)).toEqual(['main', 'dev']);
    const looked = await titan.client.lookupDeployedTable({ branchId: branch.id, key: table.key });
    expect(looked.columns.map(({ name }) => name)).toEqual(HEADER.split(','));
    expect((await titan.client.importMappingByKey(table.id, mapping.key)).id).toBe(mapping.id);
  });

  it('sends a table and downloads it with its values unchanged', async () => {
    await titan.outcome(await titan.send(`${HEADER}\n`, 'full'));
    const result = await titan.outcome(await titan.send(FULL, 'full'));
    expect(meaningOf(result.import.status)).toBe('success');
    expect(result.tables).toHaveLength(1);
    expect(result.tables?.[0]).toMatchObject({ insert_row_count: 2, file_size: Buffer.byteLength(FULL) });
    const csv = await text(await titan.client.downloadExport(await titan.finishedExport('full')));
    expect(csv.split('\n')[0]).toBe(
      `${HEADER},trdm_sk,trdm_record_id,trdm_state,trdm_created_at,trdm_effective_from,trdm_effective_to,trdm_is_deleted,trdm_actor_type,trdm_actor_id,trdm_tran_code`,
    );
    for (const value of ['00501', '"Smith, Ann"', ',NA,', ',1.10,', '9007199254740993,null,'])
      expect(csv).toContain(value);
  });

  it.each(PATTERNS)('pattern %s is applied', async (pattern, csv, what) => {
    await titan.outcome(await titan.send(what === 'inserts' ? FULL : `${FULL}${BETH}`, 'full'));
    const result = await titan.outcome(await titan.send(csv, pattern));
    const { insert_row_count, update_row_count, delete_row_count } = result.import;
    expect({ insert_row_count, update_row_count, delete_row_count }).toEqual({
      insert_row_count: what === 'inserts' ? 1 : 0,
      update_row_count: what === 'updates' ? 1 : 0,
      delete_row_count: what === 'deletes' ? 1 : 0,
    });
  });

  describe('of a table that has a history of its own', () => {
    const own = new SandboxCustomers();

    it('exports what changed since a mark, with its history', async () => {
      await own.outcome(await own.send(FULL, 'full'));
      for (const [pattern, csv] of PATTERNS) await own.outcome(await own.send(csv, pattern));
      const exported = async (withHistory: boolean, mark: string) =>
        text(await own.client.downloadExport(await own.finishedExport('incremental', withHistory, mark)));
      const history = await exported(true, '2000-01-01');
      const latest = await exported(false, '2000-01-01T00:00:00Z');
      expect(history.trimEnd().split('\n')).toHaveLength(1 + 5);
      expect(latest.trimEnd().split('\n')).toHaveLength(1 + 3);
      const none = await exported(false, '9999-12-31T00:00:00+00');
      expect(none.trimEnd().split('\n')).toHaveLength(1);
    });
  });

  it('tells that an upload failed', async () => {
    const { branch, table, mapping } = await titan.find();
    const batch = await titan.client.createImport({ branchId: branch.id });
    const part = await titan.client.createImportTable({
      importId: batch.id,
      tableKey: table.key,
      mappingKey: mapping.key,
      pattern: 'full',
    });
    await titan.client.uploadFailed(part.id, 'stopped');
    const read = await titan.client.getImportResult(batch.id);
    expect(read.tables?.map(({ id, status }) => [id, meaningOf(status)])).toEqual([[part.id, 'failed']]);
  });

  it('weakness 23: gzip and several files come as one table', async () => {
    await titan.outcome(
      await titan.send(
        `${HEADER}\n${Array.from({ length: 25 }, (_, i) => `c${i},n${i},,1,true`).join('\n')}\n`,
        'full',
      ),
    );
    const plain = await text(await titan.client.downloadExport(await titan.finishedExport('full')));
    for (const exportFileList of ['download_urls', 'download_url'] as const) {
      titan.sandbox.configure({ compressExports: true, exportRowsPerFile: 10, exportFileList });
      expect(userRows(await text(await titan.client.downloadExport(await titan.finishedExport('full'))))).toEqual(
        userRows(plain),
      );
    }
  });
});

describe('tokens of the sandbox', () => {
  it.each([-86_400, 86_400])('weakness 8: a server whose clock is off by %d s costs no extra token', async (skew) => {
    titan.sandbox.configure({ tokenClockSkewSeconds: skew });
    const fresh = titan.connect();
    const before = tokensIssued();
    for (let i = 0; i < 3; i++) await fresh.listDomains();
    expect(tokensIssued() - before).toBe(1);
    fresh.close();
  });

  it('weakness 8: a token that lives for 200 s is used for more than one call', async () => {
    titan.sandbox.configure({ tokenTtlSeconds: 200 });
    const fresh = titan.connect();
    const before = tokensIssued();
    for (let i = 0; i < 3; i++) await fresh.listDomains();
    expect(tokensIssued() - before).toBe(1);
    fresh.close();
  });

  it('weakness 7: a revoked token is replaced, once for all callers', async () => {
    await titan.client.listDomains();
    titan.sandbox.revokeTokens();
    const before = tokensIssued();
    await Promise.all(Array.from({ length: 20 }, () => titan.client.listDomains()));
    expect(tokensIssued() - before).toBe(1);
  });

  it('bad credentials are TITAN_AUTHENTICATION', async () => {
    const wrong = new TitanRdmClient({
      url: titan.sandbox.url,
      clientId: titan.sandbox.clientId,
      clientSecret: 'not-the-secret',
    });
    const error = await failure(wrong.authenticate());
    expect(error).toMatchObject({ code: 'TITAN_AUTHENTICATION', retryable: false });
    wrong.close();
  });

  const tokensIssued = (): number => titan.sandbox.requestLog.filter(({ path }) => path === '/oauth/token').length;
});
