/** Things that were opened and must be closed again, the last one first. */
export class Closers {
  private readonly closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  /** Closes all of them even when one fails, then throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs `work` with a list of closers, which are all called whatever happens. */
export async function withClosers<T>(work: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = new Closers();
  try {
    return await work(closers);
  } finally {
    await closers.close();
  }
}
