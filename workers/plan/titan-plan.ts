import type { ErrorInfo } from '../../contracts/errors.js';
import type { PipelineConfig } from '../../contracts/config.js';
import type { TableDifference } from '../../contracts/titan-results.js';
import type { ExportPattern, UploadPattern } from '../../contracts/titan-common.js';
import type { Connections } from '../connections.js';

/** A pipeline that moves tables into TitanRDM or out of it. */
export type TitanPipeline = Extract<PipelineConfig, { workflow: `titan${string}` }>;

interface Planned {
  /** Display name of the domain. */
  domain: string;
  /** Physical name. */
  table: string;
  conventionKey: string;
  /** Why a run would fail with this table. */
  error?: ErrorInfo;
}

/** What a run would do to one table of TitanRDM. */
export interface PlannedUpload extends Planned {
  pattern: UploadPattern;
  outcome: 'send' | 'unchanged' | 'skipped (no source data)' | 'skipped (empty)' | 'error';
  /** Rows of the source. */
  rows: number;
  difference?: TableDifference;
  /** File with some of the changes of each kind, when there are any. */
  sample?: string;
}

/** What a run would receive of one table. */
export interface PlannedDownload extends Planned {
  pattern: ExportPattern;
  outcome: 'receive' | 'error';
  /** As the server counts them; null where it does not say. */
  rows: number | null;
  /** What the store holds under the convention key today. */
  present?: 'absent' | 'empty' | 'rows';
}

export interface TitanPlan {
  direction: 'upload' | 'download';
  uploads: PlannedUpload[];
  downloads: PlannedDownload[];
  /** Exports that were asked for: they are metered, and change nothing. */
  exports: number;
}

export interface PlanOptions {
  /** Name of the pipeline. */
  name: string;
  connections: Pick<Connections, 'titanrdm' | 'stores'>;
  /** The results location: samples of rows go there. */
  results: string;
  signal: AbortSignal;
}
