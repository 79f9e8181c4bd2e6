import type { Ams } from '../../connectors/ams/port.js';
import type { TableStore } from '../../connectors/tables/index.js';
import type { ResultsLocation } from '../tidemark/index.js';

/** What the AMS activities are made from: no globals. */
export interface AmsDependencies {
  /** One client for each connection, shared by all runs on this worker: it signs in once. */
  ams: Readonly<Record<string, Ams>>;
  stores: Readonly<Record<string, TableStore>>;
  /** Where lists of rows go that are too long for a result, or hold values. */
  results: ResultsLocation;
  /** Most rows that an input may pass inline. Left out: `MAX_INLINE_ROWS`. */
  maxInlineRows?: number;
  /** Folder for temporary files; the system's own when left out. */
  spoolDirectory?: string;
}
