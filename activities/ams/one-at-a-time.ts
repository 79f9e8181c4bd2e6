/** Lets one piece of work of each name go on at a time, in this process. */
export class OneAtATime {
  private readonly latest = new Map<string, Promise<void>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.latest.get(name);
    let done = (): void => undefined;
    const over = new Promise<void>((resolve) => (done = resolve));
    const mine = (before ?? Promise.resolve()).then(() => over);
    this.latest.set(name, mine);
    try {
      await before;
      return await work();
    } finally {
      done();
      if (this.latest.get(name) === mine) this.latest.delete(name);
    }
  }
}
