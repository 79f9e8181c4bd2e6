import type { Readable } from 'node:stream';
import { Api } from './api.js';
import { downloadExport } from './download.js';
import * as exportCalls from './exports.js';
import * as importCalls from './imports.js';
import * as lookups from './lookups.js';
import * as mappings from './mappings.js';
import { parseOptions, type TitanRdmClientOptions } from './options.js';
import type { CallOptions, TitanRdm } from './port.js';
import type {
  Branch,
  DeployedTable,
  Domain,
  Export,
  Import,
  ImportMapping,
  ImportResult,
  ImportTable,
} from './schema.js';
import { uploadFile } from './upload.js';

type Id = number | string;

/**
 * One connection to a TitanRDM tenant. Nothing is sent before the first call. Every error is a `TidemarkError` with a code of
 * `titanErrorCodes`, but for an abort, which throws the signal's own reason.
 *
 * Calls that may be repeated are, with back-off and Retry-After. Those that create or complete something are repeated only
 * when nothing was sent (no connection), after a 401 with a new token, and after a 429 or a 503 with Retry-After.
 */
export class TitanRdmClient implements TitanRdm {
  readonly #api: Api;

  /** Error `TITAN_BAD_OPTIONS`. */
  constructor(options: TitanRdmClientOptions) {
    this.#api = new Api(parseOptions(options));
  }

  async authenticate(options: CallOptions = {}): Promise<void> {
    await this.#api.authenticate(options.signal);
  }

  async listBranches(options: CallOptions = {}): Promise<Branch[]> {
    return await lookups.listBranches(this.#api, options.signal);
  }

  async getBranch(id: Id, options: CallOptions = {}): Promise<Branch> {
    return await lookups.getBranch(this.#api, id, options.signal);
  }

  async findBranch(name: string, owner?: Id, options: CallOptions = {}): Promise<Branch> {
    return await lookups.findBranch(this.#api, name, owner, options.signal);
  }

  async listDomains(options: CallOptions = {}): Promise<Domain[]> {
    return await lookups.listDomains(this.#api, options.signal);
  }

  async getDomain(id: Id, options: CallOptions = {}): Promise<Domain> {
    return await lookups.getDomain(this.#api, id, options.signal);
  }

  async findDomain(name: string, options: CallOptions = {}): Promise<Domain> {
    return await lookups.findDomain(this.#api, name, options.signal);
  }

  async listDeployedTables(
    where: Parameters<TitanRdm['listDeployedTables']>[0],
    options: CallOptions = {},
  ): Promise<DeployedTable[]> {
    return await lookups.listDeployedTables(this.#api, where, options.signal);
  }

  async lookupDeployedTable(
    where: Parameters<TitanRdm['lookupDeployedTable']>[0],
    options: CallOptions = {},
  ): Promise<DeployedTable> {
    return await lookups.lookupDeployedTable(this.#api, where, options.signal);
  }

  async defaultImportMapping(tableId: Id, options: CallOptions = {}): Promise<ImportMapping> {
    return await mappings.defaultImportMapping(this.#api, tableId, options.signal);
  }

  async importMappingByKey(tableId: Id, key: string, options: CallOptions = {}): Promise<ImportMapping> {
    return await mappings.importMappingByKey(this.#api, tableId, key, options.signal);
  }

  async createImport(input: Parameters<TitanRdm['createImport']>[0], options: CallOptions = {}): Promise<Import> {
    return await importCalls.createImport(this.#api, input, options.signal);
  }

  async createImportTable(
    input: Parameters<TitanRdm['createImportTable']>[0],
    options: CallOptions = {},
  ): Promise<ImportTable> {
    return await importCalls.createImportTable(this.#api, input, options.signal);
  }

  async uploadFile(
    signedUrl: string,
    file: { bytes: number; open: () => Readable },
    options: CallOptions & { onProgress?: (bytesSent: number) => void } = {},
  ): Promise<void> {
    await uploadFile(this.#api, signedUrl, file, options);
  }

  async uploadComplete(importTableId: Id, options: CallOptions = {}): Promise<ImportTable> {
    return await importCalls.uploadComplete(this.#api, importTableId, options.signal);
  }

  async uploadFailed(importTableId: Id, message: string, options: CallOptions = {}): Promise<void> {
    await importCalls.uploadFailed(this.#api, importTableId, message, options.signal);
  }

  async completeImport(importId: Id, message?: string, options: CallOptions = {}): Promise<Import> {
    return await importCalls.completeImport(this.#api, importId, message, options.signal);
  }

  async getImportResult(importId: Id, options: CallOptions = {}): Promise<ImportResult> {
    return await importCalls.getImportResult(this.#api, importId, options.signal);
  }

  async createExport(
    input: Parameters<TitanRdm['createExport']>[0],
    options: CallOptions = {},
  ): ReturnType<TitanRdm['createExport']> {
    return await exportCalls.createExport(this.#api, input, options.signal);
  }

  async getExport(exportId: Id, options: CallOptions = {}): Promise<Export> {
    return await exportCalls.getExport(this.#api, exportId, options.signal);
  }

  async downloadExport(
    exportId: Id,
    options: CallOptions & { onProgress?: (bytesReceived: number) => void } = {},
  ): Promise<Readable> {
    return await downloadExport(this.#api, exportId, options);
  }

  /** Closes idle connections; the client may be used again afterwards. */
  close(): void {
    this.#api.http.close();
  }
}
