import { TidemarkError } from '../../contracts/errors.js';

/** One way to get at a program. Its error's message is the reason that people read. */
export interface Attempt {
  name: string;
  find: () => Promise<string>;
}

export interface FailedAttempt {
  name: string;
  reason: string;
}

export interface Found {
  path: string;
  /** The name of the attempt that worked. */
  by: string;
  failed: FailedAttempt[];
}

/** What is told when no attempt has worked. */
export interface NothingFound {
  code: string;
  mend: string;
}

const NO_TEMPORAL: NothingFound = {
  code: 'TEMPORAL_SERVER_NOT_FOUND',
  mend: "Set TEMPORAL_ADDRESS to a running server, or put Temporal's CLI (`temporal`) on the PATH.",
};

/** Tries one after the other. An error of the code given (`TEMPORAL_SERVER_NOT_FOUND`) lists every attempt and why it failed. */
export async function firstThatWorks(
  title: string,
  attempts: readonly Attempt[],
  nothing: NothingFound = NO_TEMPORAL,
): Promise<Found> {
  const failed: FailedAttempt[] = [];
  for (const { name, find } of attempts) {
    try {
      return { path: await find(), by: name, failed };
    } catch (error) {
      failed.push({ name, reason: shorten(error instanceof Error ? error.message : String(error)) });
    }
  }
  const list = failed.map(({ name, reason }, index) => `\n  ${index + 1}. ${name}: ${reason}`).join('');
  throw new TidemarkError(`No ${title} was found. Tried:${list}\n`, { ...nothing, retryable: false });
}

/** Six reasons fit into one error's text. A chain of errors tells what in its beginning and why at its end. */
function shorten(reason: string, limit = 260): string {
  const line = reason.replace(/\s+/g, ' ').trim();
  if (line.length <= limit) return line;
  const half = Math.floor((limit - 3) / 2);
  return `${line.slice(0, half)} … ${line.slice(-half)}`;
}
