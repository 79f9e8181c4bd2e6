/** Asks when it is first asked itself, and gives that answer from then on. */
export function once<T>(ask: () => T): () => T {
  let answer: { value: T } | undefined;
  return () => (answer ??= { value: ask() }).value;
}
