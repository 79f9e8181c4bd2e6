import { z } from 'zod';
import { fleetSchema } from './fleet/figures.js';

const seconds = z.number().positive();

/** What one contender needed: the median of its rounds, memory the largest of them. */
export const measureSchema = z.strictObject({
  seconds,
  rowsPerSecond: z.number().positive(),
  /** MB are 10^6 bytes of the CSV that moved. */
  megabytesPerSecond: z.number().positive(),
  /** Of its process alone. */
  peakRssMegabytes: z.number().positive(),
  /** Seconds of each round, in their order. */
  eachRound: z.array(seconds).min(1),
});
export type Measure = z.infer<typeof measureSchema>;

export const caseSchema = z
  .strictObject({
    case: z.string().min(1),
    /** Rounds of Tidemark and of the limit; `peer.eachRound` says how many the peer had. */
    rounds: z.int().positive(),
    tables: z.int().positive(),
    rows: z.int().positive(),
    bytes: z.int().positive(),
    tidemark: measureSchema,
    /** Null with `--no-peer`, and where there is none. */
    peer: measureSchema.nullable(),
    limit: measureSchema,
    /** Peer seconds / our seconds: above 1 is faster than the peer. */
    speedOverPeer: z.number().positive().nullable(),
    /** Limit seconds / our seconds. */
    shareOfLimit: z.number().positive(),
    /** The same steps without Temporal, in one process. */
    bare: measureSchema.optional(),
    /** Ours with one session, where `tidemark` and `bare` copy rows with two. */
    oneSession: measureSchema.optional(),
    /** The peer by its Arrow path. */
    arrow: measureSchema.optional(),
    /** Its seconds / our seconds. */
    speedOverArrow: z.number().positive().optional(),
    /** Our seconds less the bare ones, for each table, in milliseconds; below 0 where the difference is less than the noise. */
    orchestrationMillisecondsPerTable: z.number().optional(),
    /** Seconds from the start to the workflow's result, the server's processing and the wait for it included. */
    wholeWorkflowSeconds: seconds.optional(),
    /** What the sandbox needed after `complete`: in nobody's seconds. */
    sandboxProcessingSeconds: z.number().nonnegative().optional(),
    /** Growth of the table and its indexes by our run, as a share of what they were. */
    tableGrowth: z.number().optional(),
    /** Seconds that the peer read the file before its time began: in ours the reading is included. */
    peerReadSeconds: seconds.optional(),
    /** Requests that were allowed at a time, and those that were under way at most. */
    concurrency: z.int().positive().optional(),
    peakInFlight: z.int().nonnegative().optional(),
    /** Our rate / (concurrency × the rate of a serial client): 1 is all that there is to be had. */
    shareOfConcurrency: z.number().positive().optional(),
    /** Of our worker after all rows: what a garbage collection leaves, in all its threads, without native code. Its peak is `tidemark.peakRssMegabytes`. */
    liveMegabytes: z.number().positive().optional(),
    /** `liveMegabytes` less the same after a tenth of the rows. */
    memoryGrowthMegabytes: z.number().optional(),
    /** Of many pipelines. */
    fleet: fleetSchema.optional(),
    /** From when the export was seen to be ready. */
    tidemarkAfterWaitSeconds: seconds.optional(),
    peerAfterWaitSeconds: seconds.nullable().optional(),
    speedOverPeerAfterWait: z.number().positive().nullable().optional(),
  })
  .refine((result) => (result.peer === null) === (result.speedOverPeer === null), {
    path: ['speedOverPeer'],
    message: 'speedOverPeer and peer go together',
  });
export type CaseResult = z.infer<typeof caseSchema>;

/** One benchmark's result: the last line of standard output with `--json`. */
export const reportSchema = z.strictObject({
  bench: z.string().min(1),
  /** Rows of all tables. */
  rows: z.int().positive(),
  cases: z.array(caseSchema).min(1),
  /** What a reader must know to judge the figures. */
  notes: z.array(z.string().min(1)),
  machine: z.strictObject({
    cpus: z.int().positive(),
    cpu: z.string(),
    memoryGigabytes: z.number().positive(),
    node: z.string().min(1),
    platform: z.string().min(1),
    /** One-minute load before and after: other work on the machine makes figures worse. Zeros where the system has none. */
    loadBefore: z.number().nonnegative(),
    loadAfter: z.number().nonnegative(),
  }),
});
export type Report = z.infer<typeof reportSchema>;

/** Throws when the result is incomplete: a benchmark that measured nothing must not look like one that did. */
export function checkReport(report: Report, expectedCases: readonly string[]): Report {
  const checked = reportSchema.parse(report);
  const missing = expectedCases.filter((name) => !checked.cases.some((result) => result.case === name));
  if (missing.length > 0) throw new Error(`The result lacks the cases ${missing.join(', ')}.`);
  return checked;
}
