import type { DomainDefinition } from '../../sandbox/titanrdm/index.js';
import type { Cell } from './cell.js';
import type { Findings } from './findings.js';
import type { Random } from './random.js';
import { COLUMNS, type TableModel } from './table-model.js';

export const BRANCH = 'main';
export const DOMAIN = 'Faults';
export const ABBREVIATION = 'flt';
/** Physical names of the tables, and how many records each may have. */
export const TABLES = { alpha: 1_200, beta: 500, gamma: 200 };

export const SANDBOX_DOMAIN: DomainDefinition = {
  name: DOMAIN,
  abbreviation: ABBREVIATION,
  tables: [...Object.keys(TABLES), 'inline'].map((name) => ({
    name: name.toUpperCase(),
    databaseTableName: name,
    columns: COLUMNS,
  })),
};

/** What one run of a workflow is to do, and how to tell whether it did. */
export interface Attempt {
  workflow: string;
  input: object;
  /** Whether the target is as before or as after, never in between: asked whenever the worker is dead. */
  midway: () => Promise<void>;
  /** Whether the target holds what it must now: for what may have come later than a run's end. */
  look: () => Promise<void>;
  /** Holds everything against what must be now: the result, the server, the store. */
  judge: (result: unknown) => Promise<void>;
}

export interface Stage {
  cell: Cell;
  random: Random;
  /** By physical name. */
  models: Map<string, TableModel>;
  findings: Findings;
}

export interface AttemptOptions {
  /** Makes the first table so large that its file can't hide in the sockets' buffers. */
  large: boolean;
}

export interface Scenario {
  name: string;
  direction: 'upload' | 'download';
  /** Makes the sources and the expectation of the next run. */
  next: (stage: Stage, options: AttemptOptions) => Promise<Attempt>;
}

/** Polls often, so that a run takes seconds. */
export const POLL = { intervalSeconds: 0.1, maxWaitSeconds: 120 };
