import type { UploadPattern } from '../../contracts/titan-common.js';
import type { Column, ImportMapping } from './schema.js';
import type { UploadPart } from './upload-parts.js';

export interface PrepareUploadOptions {
  /** Names the table in errors. */
  table: string;
  /** Live columns of the deployed definition, in display order. */
  columns: readonly Column[];
  mapping?: ImportMapping | undefined;
  pattern: UploadPattern;
  /** Largest file that the tenant takes, in bytes. */
  maxFileBytes: number;
  /** Check columns, codes, required values and keys; otherwise only rows and bytes are counted. */
  validate: boolean;
  signal?: AbortSignal;
  /** Folder for temporary files; the system's own when left out. */
  spoolDirectory?: string;
  /** Told after each chunk, about every 2 ms. */
  onProgress?: (progress: { rows: number; bytes: number }) => void;
}

/** A table that has been looked at and is ready to be sent. */
export interface PreparedUpload {
  rows: number;
  bytes: number;
  /** One file; or several, each with the header, where the table is larger than the tenant's limit and the pattern allows it. */
  parts: UploadPart[];
  /** What was left out, what could not be checked, and what the server will do that one might not expect. */
  warnings: string[];
  /** Releases the table and every temporary file. Must be called, whatever happens. */
  dispose(): Promise<void>;
}
