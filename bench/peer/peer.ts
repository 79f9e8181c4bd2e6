import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { runChild } from '../run-child.js';

const resultSchema = z.strictObject({
  seconds: z.number().positive(),
  secondsAfterWait: z.number().positive().optional(),
  readSeconds: z.number().positive().optional(),
  rows: z.int().nonnegative(),
  peakRssMegabytes: z.number().positive(),
});
/** One run of the peer, as it measured itself. */
export type PeerSample = z.infer<typeof resultSchema>;

export interface PeerJob {
  case: 'upload' | 'download' | 'up' | 'down';
  url: string;
  clientId: string;
  clientSecret: string;
  branch: string;
  domain: string;
  /** Physical name of the one table, where there is one. */
  table?: string;
  /** Convention key and path of each table to upload. */
  files?: { table: string; path: string }[];
  /** Seconds between two questions whether an export is ready: the same as ours. */
  pollSeconds: number;
}

/** One load of the benchmark's table by the real pg-bulk-ingest. */
export interface IngestPeerJob {
  url: string;
  schema: string;
  table: string;
  key: boolean;
  source: 'csv' | 'parquet' | 'rows' | 'arrow';
  /** Each one is a batch. */
  files: string[];
  pool?: string;
  rows: number;
}

/** Runs one job of the real peer in a process of its own. */
export interface Peer {
  titan: (job: PeerJob) => Promise<PeerSample>;
  ingest: (job: IngestPeerJob) => Promise<PeerSample>;
}

/** Installs the peers when they are missing. `root` is the checkout. */
export async function preparePeer(root: string): Promise<Peer> {
  const scripts = pathToFileURL(path.join(root, 'scripts', 'lib', 'peer-python.mjs')).href;
  // A script of the checkout, plain JavaScript: its one function gives the path of a Python.
  const { peerPython } = (await import(scripts)) as { peerPython: () => Promise<string> };
  const python = await peerPython();
  const script = (name: string): string => path.join(root, 'bench', 'peer', name);
  return {
    titan: (job) => runPeer(python, script('titan_sdk.py'), job.case, job),
    ingest: (job) => runPeer(python, script('bulk_ingest.py'), `ingest from ${job.source}`, job),
  };
}

async function runPeer(python: string, script: string, what: string, job: object): Promise<PeerSample> {
  const output = await runChild(python, [script], { what: `The peer (${what})`, input: JSON.stringify(job) });
  return resultSchema.parse(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
}
