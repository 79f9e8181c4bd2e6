import type { Readable } from 'node:stream';
import type { ExportPattern, ImportPattern } from '../../contracts/titan-common.js';
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

export interface CallOptions {
  signal?: AbortSignal;
}

/** Thrown as `TITAN_UNKNOWN_OUTCOME` (not retryable) by the calls marked so: the server may have done it. */
export interface TitanRdm {
  /** Signs in now; otherwise the first call does. */
  authenticate(options?: CallOptions): Promise<void>;

  listBranches(options?: CallOptions): Promise<Branch[]>;
  getBranch(id: number | string, options?: CallOptions): Promise<Branch>;
  /** Exact name; `owner` is an id or an e-mail address. Errors: `TITAN_UNKNOWN_BRANCH` (lists near names), `TITAN_AMBIGUOUS_BRANCH`. */
  findBranch(name: string, owner?: number | string, options?: CallOptions): Promise<Branch>;

  listDomains(options?: CallOptions): Promise<Domain[]>;
  getDomain(id: number | string, options?: CallOptions): Promise<Domain>;
  /** Exact display name. Errors: `TITAN_UNKNOWN_DOMAIN` (lists near names), `TITAN_AMBIGUOUS_DOMAIN`. */
  findDomain(name: string, options?: CallOptions): Promise<Domain>;

  listDeployedTables(
    where: { branchId: number | string; domainId?: number | string },
    options?: CallOptions,
  ): Promise<DeployedTable[]>;
  lookupDeployedTable(where: { branchId: number | string; key: string }, options?: CallOptions): Promise<DeployedTable>;

  /** Error `TITAN_MISSING_MAPPING` when there is none. `tableId` is the deployed table's id. */
  defaultImportMapping(tableId: number | string, options?: CallOptions): Promise<ImportMapping>;
  importMappingByKey(tableId: number | string, key: string, options?: CallOptions): Promise<ImportMapping>;

  /** Never repeated: a lost reply is `TITAN_UNKNOWN_OUTCOME`. */
  createImport(
    input: { branchId: number | string; description?: string; correlationCode?: string },
    options?: CallOptions,
  ): Promise<Import>;
  /** Never repeated: a lost reply is `TITAN_UNKNOWN_OUTCOME`. */
  createImportTable(
    input: {
      importId: number | string;
      tableKey: string;
      mappingKey: string;
      pattern: ImportPattern;
      correlationCode?: string;
    },
    options?: CallOptions,
  ): Promise<ImportTable>;
  /**
   * PUT to the signed URL with Content-Length and `text/csv`; `open` gives the bytes from the start, again for each try.
   * Errors: `TITAN_UPLOAD_URL_EXPIRED` (403 and the like: a new import table is needed), `TITAN_UPLOAD_REFUSED`, transient ones.
   */
  uploadFile(
    signedUrl: string,
    file: { bytes: number; open: () => Readable },
    options?: CallOptions & { onProgress?: (bytesSent: number) => void },
  ): Promise<void>;
  uploadComplete(importTableId: number | string, options?: CallOptions): Promise<ImportTable>;
  uploadFailed(importTableId: number | string, message: string, options?: CallOptions): Promise<void>;
  /** Tried once: any reply that is lost is `TITAN_UNKNOWN_OUTCOME`, to be settled by `getImportResult`. */
  completeImport(importId: number | string, message?: string, options?: CallOptions): Promise<Import>;
  getImportResult(importId: number | string, options?: CallOptions): Promise<ImportResult>;

  /** Never repeated: a lost reply is `TITAN_UNKNOWN_OUTCOME` (an export too many harms nobody). `TITAN_INCREMENTAL_REFUSED` where the tenant has none. */
  createExport(
    input: {
      branchId: number | string;
      tableKey: string;
      pattern: ExportPattern;
      includeHistory: boolean;
      correlationCode?: string;
      highWaterMark?: string;
    },
    options?: CallOptions,
  ): Promise<Export>;
  getExport(exportId: number | string, options?: CallOptions): Promise<Export>;
  /**
   * The CSV of a completed export as one stream of bytes with one header: gzip unpacked, several files joined, a cut-off or
   * wrong-sized download an error. An expired address is renewed by reading the export again.
   */
  downloadExport(
    exportId: number | string,
    options?: CallOptions & { onProgress?: (bytesReceived: number) => void },
  ): Promise<Readable>;
}
