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

/** The contenders of one case, in the order in which they take turns. The peer may have fewer rounds, or none. */
export interface Contenders<T extends Sample, P extends Sample, L extends Sample, B extends Sample> {
  tidemark: () => Promise<T>;
  peer: () => Promise<P>;
  limit: () => Promise<L>;
  bare: () => Promise<B>;
}

export interface Rounds {
  rounds: number;
  /** Rounds in which the peer takes part; 0: none. */
  peerRounds: number;
}

/** Runs all rounds in turn, so that what else the machine does falls on everybody alike. */
export async function takeTurns<T extends Sample, P extends Sample, L extends Sample, B extends Sample>(
  contenders: Contenders<T, P, L, B>,
  { rounds, peerRounds }: Rounds,
  say: (line: string) => void,
): Promise<{ tidemark: T[]; peer: P[]; limit: L[]; bare: B[] }> {
  const samples: { tidemark: T[]; peer: P[]; limit: L[]; bare: B[] } = { tidemark: [], peer: [], limit: [], bare: [] };
  for (let round = 1; round <= rounds; round += 1) {
    const turn = async <S extends Sample>(name: string, into: S[], run: () => Promise<S>): Promise<void> => {
      const sample = await run();
      into.push(sample);
      say(
        `round ${round} of ${rounds}: ${name} ${sample.seconds.toFixed(2)} s, ${Math.round(sample.peakRssMegabytes)} MB`,
      );
    };
    await turn('tidemark', samples.tidemark, contenders.tidemark);
    if (round <= peerRounds) await turn('peer', samples.peer, contenders.peer);
    await turn('limit', samples.limit, contenders.limit);
    await turn('bare', samples.bare, contenders.bare);
  }
  return samples;
}

/** The part of a result that every case has. */
export function caseResult(
  name: string,
  amount: Amount,
  samples: { tidemark: Sample[]; peer: Sample[]; limit: Sample[]; bare: Sample[] },
): CaseResult {
  const tidemark = measure(samples.tidemark, amount);
  const peer = samples.peer.length === 0 ? null : measure(samples.peer, amount);
  const limit = measure(samples.limit, amount);
  const bare = measure(samples.bare, amount);
  return {
    case: name,
    rounds: samples.tidemark.length,
    ...amount,
    tidemark,
    peer,
    limit,
    speedOverPeer: peer === null ? null : peer.seconds / tidemark.seconds,
    shareOfLimit: limit.seconds / tidemark.seconds,
    bare,
    orchestrationMillisecondsPerTable: ((tidemark.seconds - bare.seconds) * 1_000) / amount.tables,
  };
}
