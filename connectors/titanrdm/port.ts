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
  /** Stops the call at once; it throws the signal's own reason. */
  signal?: AbortSignal;
}

/**
 * Every call of TitanRDM that Tidemark makes (titan-rdm-sdk 2.0.0). All throw `TidemarkError` with a code of `titanErrorCodes`.
 * Calls "never repeated" are sent again only when the server certainly did nothing: no connection came about, 401 (with a new
 * token), 429, 503 with Retry-After. Otherwise `TITAN_UNKNOWN_OUTCOME` (not retryable): the server may have done it.
 */
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
   * Errors: `TITAN_UPLOAD_URL_EXPIRED` (403 and the like: a new import table is needed), `TITAN_UPLOAD_REFUSED`,
   * `TITAN_FILE_TOO_LARGE` (before anything is sent), `TITAN_UPLOAD_SOURCE` (the file changed meanwhile), transient ones.
   */
  uploadFile(
    signedUrl: string,
    file: { bytes: number; open: () => Readable },
    options?: CallOptions & { onProgress?: (bytesSent: number) => void },
  ): Promise<void>;
  uploadComplete(importTableId: number | string, options?: CallOptions): Promise<ImportTable>;
  uploadFailed(importTableId: number | string, message: string, options?: CallOptions): Promise<void>;
  /** Never repeated: any reply that is lost or tells nothing is `TITAN_UNKNOWN_OUTCOME`, to be settled by `getImportResult`. */
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
    /** `askedAt`: the server's clock right before, ISO 8601; null when it does not say. */
  ): Promise<Export & { askedAt: string | null }>;
  getExport(exportId: number | string, options?: CallOptions): Promise<Export>;
  /**
   * The CSV of a completed export as one stream of bytes with one header: gzip unpacked, several files joined, a cut-off or
   * wrong-sized download an error. An expired address is renewed by reading the export again. Line ends are passed on as they are.
   * Errors, of the call or of the stream: `TITAN_EXPORT_NOT_READY`, `TITAN_EXPORT_FAILED`, `TITAN_DOWNLOAD_INCOMPLETE` (transient),
   * `TITAN_DOWNLOAD_REFUSED`. Destroying the stream closes its connection.
   */
  downloadExport(
    exportId: number | string,
    options?: CallOptions & { onProgress?: (bytesReceived: number) => void },
  ): Promise<Readable>;
}
