import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TitanRdmClient } from '../connectors/titanrdm/index.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { openIngestBench, type IngestBench } from './support/ingest-worker.js';
import { noteSecrets } from './support/known-secrets.js';
import { failureOf } from './support/outcome.js';
import { CUSTOMER_DOMAIN } from './support/tenant.js';

describe('a table of TitanRDM as the source of an ingest', () => {
  let bench: IngestBench;
  let sandbox: TitanSandbox;
  let runs = 0;
  beforeAll(async () => {
    sandbox = await startTitanSandbox({ domains: [CUSTOMER_DOMAIN], exportDelayMs: 0 });
    const { url, clientId, clientSecret } = sandbox;
    noteSecrets([clientSecret]);
    bench = await openIngestBench({
      titanrdm: { tenant: { url, clientId, clientSecret, retry: { limit: 3, firstDelayMs: 20, maxDelayMs: 200 } } },
    });
  });
  afterAll(async () => {
    await bench.close();
    noteSecrets(sandbox.issuedTokens);
    await sandbox.close();
  });
  beforeEach(() => {
    runs += 1;
  });

  /** Imports rows into the tenant's table of customers. */
  async function seed(csv: string, pattern: 'full' | 'incremental_with_delete'): Promise<void> {
    const { url, clientId, clientSecret } = sandbox;
    const client = new TitanRdmClient({ url, clientId, clientSecret });
    const branch = await client.findBranch('main');
    const domain = await client.findDomain('Customer');
    const tables = await client.listDeployedTables({ branchId: branch.id, domainId: domain.id });
    const table = tables.find(({ name }) => name === 'Customers')!;
    const mapping = await client.defaultImportMapping(table.id);
    const { id } = await client.createImport({ branchId: branch.id });
    const keys = { tableKey: table.key, mappingKey: mapping.key };
    const created = await client.createImportTable({ importId: id, ...keys, pattern });
    const file = { bytes: Buffer.byteLength(csv), open: () => Readable.from([Buffer.from(csv)]) };
    await client.uploadFile(created.signed_s3_url ?? '', file);
    await client.uploadComplete(created.id);
    await client.completeImport(id);
    await sandbox.idle();
    expect((await client.getImportResult(id)).import.status).toBe('completed');
  }

  const input = (source: object = {}, more: object = {}) => ({
    pipeline: `t${runs}`,
    target: 'target',
    tables: [
      {
        schema: 'landing',
        name: `t${runs}`,
        columns: [
          { name: 'code', type: 'text' },
          { name: 'name', type: 'text' },
          { name: 'zip', type: 'text' },
          { name: 'trdm_is_deleted', type: 'boolean' },
        ],
        primaryKey: ['code'],
      },
    ],
    source: {
      type: 'titanrdm',
      connection: 'tenant',
      branch: { name: 'main' },
      domain: 'Customer',
      table: 'Customers',
      poll: { intervalSeconds: 0.05 },
      ...source,
    },
    ...more,
  });
  const landed = (): Promise<unknown[][]> =>
    bench.rows(`SELECT code, name, zip, trdm_is_deleted FROM landing.t${runs} ORDER BY code`);
  const exportsAsked = (): number => sandbox.requestLog.filter(({ route }) => route === 'exports.new').length;

  it('brings all records, then those that changed since, deleted ones as rows that say so', async () => {
    await seed('code,name,zip\nC1,Ann,00501\nC2,"",NA\nC3,,1.10\n', 'full');
    const first = await bench.execute(input());
    expect(first).toMatchObject({ batches: 1, rows: 3, highWatermark: { from: null } });
    expect(await landed()).toEqual([
      ['C1', 'Ann', '00501', false],
      ['C2', '', 'NA', false],
      ['C3', null, '1.10', false],
    ]);
    await seed('code,name,zip,trdm_tran_code\nC1,Changed,00501,u\nC3,,,d\nC4,New,,i\n', 'incremental_with_delete');
    const second = await bench.execute(input());
    expect(second.highWatermark.from).toBe(first.highWatermark.to);
    expect(await landed()).toEqual([
      ['C1', 'Changed', '00501', false],
      ['C2', '', 'NA', false],
      ['C3', null, '1.10', true],
      ['C4', 'New', null, false],
    ]);
  });

  it("removes deleted records in the same transaction with tombstones 'delete'", async () => {
    await seed('code,name,zip\nD1,Ann,1\nD2,Bob,2\n', 'full');
    await bench.execute(input({ tombstones: 'delete' }));
    await seed('code,name,zip,trdm_tran_code\nD2,Bob,2,d\n', 'incremental_with_delete');
    await bench.execute(input({ tombstones: 'delete' }));
    expect((await landed()).map(([code]) => code)).toEqual(['D1']);
  });

  it('asks for one export per run, also when an attempt fails after it was asked for', async () => {
    await seed('code,name,zip\nE1,Ann,1\n', 'full');
    const before = exportsAsked();
    sandbox.setFaults([{ kind: 'truncated', match: { route: 'download.get' }, times: 1 }]);
    expect(await bench.execute(input())).toMatchObject({ batches: 1 });
    sandbox.clearFaults();
    expect(exportsAsked() - before).toBe(1);
  });

  it('leaves the table as it was when the export fails', async () => {
    await seed('code,name,zip\nF1,Ann,1\n', 'full');
    await bench.execute(input());
    const before = await landed();
    await seed('code,name,zip\nF2,Bob,1\n', 'full');
    sandbox.setFaults([{ kind: 'exportFailed', match: { route: 'exports.new' }, times: 1 }]);
    expect((await failureOf(bench.execute(input()))).code).toBe('TITAN_EXPORT_FAILED');
    sandbox.clearFaults();
    expect(await landed()).toEqual(before);
  });

  it.each<[string, object, object, string]>([
    ['a table that is not deployed', { table: 'Custmers' }, {}, 'TITAN_UNKNOWN_TABLE'],
    ['a watermark that is no time', {}, { highWatermark: 7 }, 'INGEST_WATERMARK_FOREIGN'],
    ['no upsert', {}, { upsert: '__OFF__' }, 'ValidationError'],
  ])('refuses %s', async (_what, source, more, code) => {
    expect((await failureOf(bench.execute(input(source, more)))).code).toBe(code);
  });

  it('refuses a table that has no place for deletions', async () => {
    const whole = input();
    const tables = whole.tables.map((table) => ({ ...table, columns: table.columns.slice(0, 3) }));
    const failed = await failureOf(bench.execute({ ...whole, tables }));
    expect(failed.code).toBe('ValidationError');
    expect(failed.message).toContain('trdm_is_deleted');
  });
});
