import { setImmediate } from 'node:timers/promises';

/** Longest time in which nothing else gets its turn: timers, heartbeats, an abort. */
const TURN_MS = 10;

/** For a loop that may never have to wait for anything: says when it has run for long enough, and lets others run. */
export class Turns {
  #began = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#began >= TURN_MS;
  }

  async give(): Promise<void> {
    await setImmediate();
    this.#began = performance.now();
  }
}
