/** A fault at a moment that its kind speaks of, or at a random one. */
export interface TimedFault<Kind extends string> {
  kind: Kind;
  /** Milliseconds that pass first. */
  pauseMs: number;
  /** The moment is taken the n-th time that it comes, from 1. */
  occurrence: number;
}

export const describeTimedFault = ({ kind, pauseMs, occurrence }: TimedFault<string>): string =>
  `${kind} (${pauseMs} ms, ${occurrence})`;

/** Those whose name holds `only`. */
export function kindsNamed<Kind extends string>(kinds: readonly Kind[], only: string, ofWhat: string): Kind[] {
  const named = kinds.filter((kind) => kind.includes(only));
  if (named.length === 0) throw new Error(`no fault of ${ofWhat} is called '${only}'`);
  return named;
}
