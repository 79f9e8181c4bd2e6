const OPEN: readonly string[] = ['RUNNING', 'PAUSED', 'CONTINUED_AS_NEW'];

/**
 * Whether the latest run of a workflow id has not ended, by the status that Temporal describes it with: somebody may have paused it, which
 * keeps its id taken, and one that has just continued as new is followed by the next.
 */
export function isUnderWay({ name }: { name: string }): boolean {
  return OPEN.includes(name);
}
