import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Branch, DeployedTable, Domain, ImportMapping, ImportResult } from '../../connectors/titanrdm/index.js';
import { meaningOf, TitanRdmClient, type TitanLogEntry } from '../../connectors/titanrdm/index.js';
import type { ImportPattern } from '../../contracts/titan-common.js';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';

export const HEADER = 'customer_code,name,segment,credit_limit,active';
export const FULL = `${HEADER}\n00501,"Smith, Ann",NA,1.10,true\n9007199254740993,null,,0,false\n`;

/** A sandbox for the tests of one file, and the steps of an import and an export of its customers. */
export class SandboxCustomers {
  #sandbox: TitanSandbox | undefined;
  #client: TitanRdmClient | undefined;
  readonly log: TitanLogEntry[] = [];

  constructor() {
    beforeAll(async () => {
      this.#sandbox = await startTitanSandbox({ exportDelayMs: 30 });
      this.#client = this.connect();
    });
    afterEach(() => {
      this.sandbox.clearFaults();
      this.sandbox.configure({ tokenTtlSeconds: 7_200, tokenClockSkewSeconds: 0, compressExports: false });
      this.sandbox.configure({ exportRowsPerFile: 0, accountOverdue: false, refuseIncremental: false });
    });
    afterAll(async () => {
      this.client.close();
      await this.sandbox.close();
    });
  }

  get sandbox(): TitanSandbox {
    if (this.#sandbox === undefined) throw new Error('the sandbox runs only during tests');
    return this.#sandbox;
  }

  get client(): TitanRdmClient {
    if (this.#client === undefined) throw new Error('the client lives only during tests');
    return this.#client;
  }

  /** Another client, without a token yet; the caller closes it. */
  connect(): TitanRdmClient {
    const { url, clientId, clientSecret } = this.sandbox;
    const retry = { limit: 8, firstDelayMs: 5, maxDelayMs: 100 };
    return new TitanRdmClient({ url, clientId, clientSecret, retry, log: (entry) => void this.log.push(entry) });
  }

  /** Branch, table and mapping of the demonstration's customers, found as a workflow would. */
  async find(
    client = this.client,
  ): Promise<{ branch: Branch; domain: Domain; table: DeployedTable; mapping: ImportMapping }> {
    const branch = await client.findBranch('main');
    const domain = await client.findDomain('Customer');
    const tables = await client.listDeployedTables({ branchId: branch.id, domainId: domain.id });
    const table = tables.find(({ database_table_name }) => database_table_name === 'customers');
    if (table === undefined) throw new Error('the sandbox has no customers');
    return { branch, domain, table, mapping: await client.defaultImportMapping(table.id) };
  }

  /** An import with one import table, still without a file. */
  async begin(pattern: ImportPattern): Promise<{ importId: string; importTableId: string; url: string }> {
    const { branch, table, mapping } = await this.find();
    const batch = await this.client.createImport({
      branchId: branch.id,
      description: 'test',
      correlationCode: 'batch-1',
    });
    const keys = { tableKey: table.key, mappingKey: mapping.key };
    const input = { importId: batch.id, ...keys, pattern, correlationCode: 'table-1' };
    const part = await this.client.createImportTable(input);
    return { importId: batch.id, importTableId: part.id, url: part.signed_s3_url ?? '' };
  }

  /** The id of the import, completed. */
  async send(csv: string, pattern: ImportPattern): Promise<string> {
    const { importId, importTableId, url } = await this.begin(pattern);
    const bytes = Buffer.from(csv);
    await this.client.uploadFile(url, { bytes: bytes.length, open: () => Readable.from([bytes]) });
    await this.client.uploadComplete(importTableId);
    await this.client.completeImport(importId, 'all sent');
    return importId;
  }

  /** The import once the server has done with it. */
  async outcome(importId: string): Promise<ImportResult> {
    for (;;) {
      const result = await this.client.getImportResult(importId);
      if (['success', 'failed'].includes(meaningOf(result.import.status))) return result;
      await sleep(10);
    }
  }

  /** The id of an export that has ended, well or not. */
  async finishedExport(
    pattern: 'full' | 'incremental',
    includeHistory = false,
    highWaterMark?: string,
  ): Promise<string> {
    const { branch, table } = await this.find();
    const mark = highWaterMark === undefined ? {} : { highWaterMark };
    const input = { branchId: branch.id, tableKey: table.key, pattern, includeHistory, ...mark };
    const { id } = await this.client.createExport(input);
    while (['created', 'started'].includes((await this.client.getExport(id)).status)) await sleep(10);
    return id;
  }
}

/** The user's columns of each row, without the system's, sorted. */
export function userRows(csv: string): string[] {
  const rows = csv.trimEnd().split('\n').slice(1);
  return rows.map((row) => row.split(',').slice(0, 5).join(',')).sort();
}
