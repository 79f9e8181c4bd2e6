type End = () => Promise<unknown>;

/**
 * Starts one thing after the other, each with how it ends; what has been started is ended in the reverse order, by `stop`, or at once when
 * the next one fails to start.
 */
export async function startInOrder<T extends object>(
  start: (onStop: (end: End) => void) => Promise<T>,
): Promise<T & { stop: () => Promise<void> }> {
  const ends: End[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await start((end) => void ends.push(end))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
