import type { Peer } from './peer/peer.js';
import type { CaseResult } from './report.js';

export interface BenchmarkOptions {
  /** Rows in all. */
  rows: number;
  /** Tables that they are spread over, where a benchmark has many. */
  tables: number | undefined;
  /** Pipelines that they are spread over, where a benchmark has many. */
  pipelines: number | undefined;
  /** Names of the cases to run, in the benchmark's order. */
  cases: readonly string[];
  rounds: number;
  /** Rounds of the peer; left out: as many as the others', but for cases in which it needs minutes. */
  peerRounds: number | undefined;
  /** Undefined: without the peer. */
  peer: Peer | undefined;
  /** Folder for generated data, kept from run to run. */
  dataFolder: string;
  /** Folder for what a run leaves until its end. */
  workFolder: string;
  /** Options of the worker's Node. */
  workerOptions: readonly string[];
  /** Takes a line about what goes on. */
  say: (line: string) => void;
}

export interface Benchmark {
  name: string;
  /** One line: what it moves. */
  about: string;
  /** Names of its cases, in their order. */
  cases: readonly string[];
  defaultRows: number;
  /** False where there is nothing to compare it with: its notes say so. */
  hasPeer?: false;
  /** What a reader must know to judge the figures. */
  notes: (options: BenchmarkOptions) => string[];
  run: (options: BenchmarkOptions) => Promise<CaseResult[]>;
}

/** Rounds in which the peer takes part. */
export function peerRoundsOf(options: BenchmarkOptions, usual: number): number {
  if (options.peer === undefined) return 0;
  return Math.min(options.peerRounds ?? usual, options.rounds);
}

/** What holds for every benchmark against TitanRDM's SDK. */
export function commonNotes({ peer }: BenchmarkOptions): string[] {
  return [
    'tidemark: the whole durable workflow on a local Temporal server, from the call that starts it; memory is that of its worker process (with a prebuilt workflow bundle).',
    'bare: the same steps called as functions, without Temporal; limit: the same bytes by node:http, from one process, file after file.',
    ...(peer === undefined
      ? ['The peer was left out (--no-peer).']
      : ['peer: titan-rdm-sdk 2.0.0, a new process each round.']),
    'Each round runs them one after the other; seconds are medians, memory the largest of all rounds.',
  ];
}
