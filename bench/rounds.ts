import type { CaseResult, Measure } from './report.js';

/** One run of one contender. */
export interface Sample {
  seconds: number;
  peakRssMegabytes: number;
}

/** What was moved. */
export interface Amount {
  tables: number;
  /** Of all tables. */
  rows: number;
  /** Of all tables. */
  bytes: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error('a median needs at least one value');
  return (low + high) / 2;
}

/** The median of one number of all samples; undefined when none of them has it. */
export function medianOf<S>(samples: readonly S[], value: (sample: S) => number | undefined): number | undefined {
  const values = samples.map(value).filter((number) => number !== undefined);
  return values.length === 0 ? undefined : median(values);
}

export function measure(samples: readonly Sample[], { rows, bytes }: Amount): Measure {
  const seconds = median(samples.map((sample) => sample.seconds));
  return {
    seconds,
    rowsPerSecond: rows / seconds,
    megabytesPerSecond: bytes / 1e6 / seconds,
    peakRssMegabytes: Math.max(...samples.map((sample) => sample.peakRssMegabytes)),
    eachRound: samples.map((sample) => sample.seconds),
  };
}

export interface Rounds {
  rounds: number;
  /** Rounds in which the peer takes part, by whatever path; 0: none. */
  peerRounds: number;
}

/** Those of the peer may have fewer rounds than the others, or none. */
const PEERS: readonly string[] = ['peer', 'arrow'];

/** Runs all contenders in turn, in their order, so that what else the machine does falls on everybody alike. */
export async function takeTurns<C extends Record<string, () => Promise<Sample>>>(
  contenders: C,
  { rounds, peerRounds }: Rounds,
  say: (line: string) => void,
): Promise<{ [N in keyof C]: Awaited<ReturnType<C[N]>>[] }> {
  const all = Object.entries(contenders).map(([name, run]) => ({ name, run, samples: [] as Sample[] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, run, samples } of all) {
      if (PEERS.includes(name) && round > peerRounds) continue;
      const sample = await run();
      samples.push(sample);
      say(
        `round ${round} of ${rounds}: ${name} ${sample.seconds.toFixed(2)} s, ${Math.round(sample.peakRssMegabytes)} MB`,
      );
    }
  }
  // Each list holds what the contender of its name returned.
  return Object.fromEntries(all.map(({ name, samples }) => [name, samples])) as {
    [N in keyof C]: Awaited<ReturnType<C[N]>>[];
  };
}

/** The part of a result that every case has. */
export function caseResult(
  name: string,
  amount: Amount,
  samples: { tidemark: Sample[]; peer: Sample[]; limit: Sample[] },
): CaseResult {
  const tidemark = measure(samples.tidemark, amount);
  const peer = samples.peer.length === 0 ? null : measure(samples.peer, amount);
  const limit = measure(samples.limit, amount);
  return {
    case: name,
    rounds: samples.tidemark.length,
    ...amount,
    tidemark,
    peer,
    limit,
    speedOverPeer: peer === null ? null : peer.seconds / tidemark.seconds,
    shareOfLimit: limit.seconds / tidemark.seconds,
  };
}

/** What the same steps need without Temporal, and so the price of it. */
export function orchestration(
  amount: Amount,
  samples: { tidemark: Sample[]; bare: Sample[] },
): Pick<CaseResult, 'bare' | 'orchestrationMillisecondsPerTable'> {
  const bare = measure(samples.bare, amount);
  const seconds = measure(samples.tidemark, amount).seconds - bare.seconds;
  return { bare, orchestrationMillisecondsPerTable: (seconds * 1_000) / amount.tables };
}
