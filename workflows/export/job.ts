import type { TableTarget } from '../../contracts/activities.js';
import type { ExportPattern, Poll } from '../../contracts/titan-common.js';
import type { DownloadTableResult } from '../../contracts/titan-results.js';
import type { Opened } from '../../contracts/watermark.js';
import type { Progress } from '../progress.js';
import type { MarksOwner } from '../watermark/table-marks.js';

export interface ExportJob {
  branchId: string;
  targets: TableTarget[];
  connection: string;
  store: string;
  pattern: ExportPattern;
  /** One for all tables. */
  highWaterMark?: string;
  /** Each table has a mark of its own, which the pipeline keeps. */
  marks?: { owner: MarksOwner; opened: Opened; lagSeconds: number };
  includeHistory: boolean;
  onTableError: 'fail' | 'completeOthers';
  poll: Poll;
  concurrency: number;
  exportsInFlight: number;
  correlationCodeOf: (table: string) => string;
  /** The first run's id: deltas of one run overwrite themselves, never another's. */
  runId: string;
  progress: Progress;
}

/** Per table of the manifest: its result, or null while it has none. */
export type ExportState = (DownloadTableResult | null)[];
