import { BRANCH, DOMAIN } from '../data/definitions.js';
import type { Peer, PeerJob } from '../peer/peer.js';
import type { Surroundings } from '../surroundings.js';

/** Seconds between two questions whether an export is ready: the default of both, ours and the peer's. */
export const POLL_SECONDS = 2;

export function peerJob(name: PeerJob['case'], { tenant }: Surroundings): PeerJob {
  return { case: name, ...tenant, branch: BRANCH, domain: DOMAIN.name, pollSeconds: POLL_SECONDS };
}

/** The peer takes no turn where there is none: this is for the compiler, and for who changes that. */
export function requirePeer(peer: Peer | undefined): Peer {
  if (peer === undefined) throw new Error('there is no peer');
  return peer;
}
