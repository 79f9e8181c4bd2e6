import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

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

/** Runs one job of the real SDK in a process of its own. */
export type Peer = (job: PeerJob) => Promise<PeerSample>;

/** Installs the peer when it is missing. `root` is the checkout. */
export async function preparePeer(root: string): Promise<Peer> {
  const scripts = pathToFileURL(path.join(root, 'scripts', 'lib', 'peer-python.mjs')).href;
  // A script of the checkout, plain JavaScript: its one function gives the path of a Python.
  const { peerPython } = (await import(scripts)) as { peerPython: () => Promise<string> };
  const python = await peerPython();
  return (job) => runPeer(python, path.join(root, 'bench', 'peer', 'titan_sdk.py'), job);
}

async function runPeer(python: string, script: string, job: PeerJob): Promise<PeerSample> {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.end(JSON.stringify(job));
  // The 'close' event's arguments: exit code and signal.
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The peer ended with exit code ${code ?? 'none'} in case ${job.case}.`);
  return resultSchema.parse(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
}
