/** Work that goes on after the reply: imports and exports. `close` waits for all of it. */
export class BackgroundJobs {
  private readonly running = new Set<Promise<void>>();

  /** The job handles its own errors: what escapes it after all would be a defect of the sandbox, and crashes it loudly. */
  start(job: () => Promise<void>): void {
    const promise = job().finally(() => this.running.delete(promise));
    this.running.add(promise);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }
}
