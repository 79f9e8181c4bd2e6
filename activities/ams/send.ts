import { setMaxListeners } from 'node:events';
import type { Ams } from '../../connectors/ams/port.js';
import type { AmsUpsertOptions } from '../../contracts/ams-inputs.js';
import { TidemarkError } from '../../contracts/errors.js';
import type { Step } from '../step.js';
import type { Ledger } from './ledger.js';
import type { Pace } from './pace.js';
import type { ProfileEntry, ProfileSpool } from './profile-spool.js';

export interface Sending {
  ams: Ams;
  options: Pick<AmsUpsertOptions, 'form' | 'concurrency' | 'onRowError'>;
  spool: ProfileSpool;
  ledger: Ledger;
  pace: Pace;
  step: Pick<Step<unknown>, 'signal' | 'attempt' | 'checkPulse'>;
  /** Rows that are begun at most. */
  maxRows: number;
}

/** What a whole run cannot go on after: it concerns every row. */
const ENDS_ALL = new Set([
  'AMS_AUTHENTICATION',
  'AMS_NO_CREDENTIALS',
  'AMS_TLS',
  'AMS_NOT_FOUND',
  'AMS_FORM_NOT_FOUND',
]);
/** Rows in a row that fail for the moment: then it is AMS that is away, not they that are odd. */
const AWAY_AFTER = 8;
/** Rows that are put aside to be tried once more at the end. */
const MAX_ASIDE = 200;
/** From this attempt on, rows that fail for the moment while AMS answers other calls have failed. */
const FAILED_FROM_ATTEMPT = 6;

/** Sends one profile after the other, never more than `concurrency` at a time, and notes in the ledger what became of each. */
export class Sender {
  private readonly own = new AbortController();
  private readonly signal: AbortSignal;
  private readonly aside: { entry: ProfileEntry; error: TidemarkError }[] = [];
  private begun = 0;
  private failingInARow = 0;
  private isStopped = false;
  private broken: { error: unknown } | undefined;

  constructor(private readonly sending: Sending) {
    this.signal = AbortSignal.any([sending.step.signal, this.own.signal]);
    // Each call listens to it.
    setMaxListeners(0, this.signal);
  }

  /** Throws what another attempt may mend, and what concerns every row; waits for all requests that are under way before. */
  async run(): Promise<'done' | 'stretch' | 'stopped'> {
    await this.inLanes(this.entries(), (entry, error) => this.putAside(entry, error));
    if (this.isStopped) return 'stopped';
    if (this.begun >= this.sending.maxRows) return 'stretch';
    await this.onceMore();
    return this.mayGoOn() ? 'done' : 'stopped';
  }

  /** Ends the sending from outside: what is under way is broken off. */
  fail(error: unknown): void {
    this.broken ??= { error };
    this.own.abort(error);
  }

  /** Breaks the sending off when another attempt may have this one's place. */
  checkPulse(): void {
    try {
      this.sending.step.checkPulse();
    } catch (error) {
      this.fail(error);
    }
  }

  /** In the order of the table, what has not come to its end before. */
  private async *entries(): AsyncGenerator<ProfileEntry, void> {
    const { spool, ledger, maxRows } = this.sending;
    for await (const entry of spool.read()) {
      if (ledger.isOver(entry.index)) continue;
      if (!this.mayGoOn() || this.begun >= maxRows) return;
      this.begun += 1;
      ledger.begin(entry);
      yield entry;
    }
  }

  /** Rows that failed for the moment get another chance when all others are done. */
  private async onceMore(): Promise<void> {
    const { ams, options, step } = this.sending;
    const again = this.aside.splice(0);
    const still: typeof again = [];
    // The list is handed out like the table: by a generator, so that the lanes share it.
    const entries = (async function* () {
      for (const { entry } of again) yield await Promise.resolve(entry);
    })();
    await this.inLanes(entries, (entry, error) => still.push({ entry, error }));
    const [first] = still;
    if (first === undefined) return;
    if (step.attempt < FAILED_FROM_ATTEMPT) throw first.error;
    // Does AMS answer otherwise? Then it is these rows.
    await ams.findForm(options.form, { signal: this.signal });
    for (const { entry, error } of still) this.refuse(entry, error);
  }

  private async inLanes(
    entries: AsyncGenerator<ProfileEntry, void>,
    onTransient: (entry: ProfileEntry, error: TidemarkError) => void,
  ): Promise<void> {
    const lane = async (): Promise<void> => {
      for (;;) {
        // Lanes ask at the same time; a generator answers them one after the other.
        const next = await entries.next();
        if (next.done === true || !this.mayGoOn()) return;
        await this.send(next.value, onTransient);
      }
    };
    const guarded = (): Promise<void> => lane().catch((error: unknown) => this.fail(error));
    await Promise.all(Array.from({ length: this.sending.options.concurrency }, guarded));
    if (this.broken !== undefined) throw this.broken.error;
  }

  private async send(
    entry: ProfileEntry,
    onTransient: (entry: ProfileEntry, error: TidemarkError) => void,
  ): Promise<void> {
    const { ams, options, ledger, pace, step } = this.sending;
    const { signal } = this;
    await pace.turn(signal);
    // Another attempt may have this one's place: two of them would be more requests than allowed.
    step.checkPulse();
    if (!this.mayGoOn()) return;
    try {
      const { user: userId, values } = entry;
      await ams.upsertProfile({ form: options.form, userId, values }, { signal });
      this.failingInARow = 0;
      ledger.wrote(entry);
    } catch (error) {
      if (signal.aborted || !(error instanceof TidemarkError) || ENDS_ALL.has(error.code)) throw error;
      if (error.retryAfterSeconds !== undefined) pace.hold(error.retryAfterSeconds);
      if (error.retryable) onTransient(entry, error);
      else this.refuse(entry, error);
    }
  }

  private putAside(entry: ProfileEntry, error: TidemarkError): void {
    this.aside.push({ entry, error });
    this.failingInARow += 1;
    // It is not broken off: other rows under way may still be written, and are then known to be.
    if (this.failingInARow >= AWAY_AFTER || this.aside.length >= MAX_ASIDE) this.broken ??= { error };
  }

  private refuse(entry: ProfileEntry, { code, message }: TidemarkError): void {
    this.failingInARow = 0;
    this.sending.ledger.refused(entry, { code, reason: message.slice(0, MAX_REASON) });
    if (this.sending.options.onRowError === 'stop') this.isStopped = true;
  }

  private mayGoOn(): boolean {
    return !this.isStopped && this.broken === undefined && !this.signal.aborted;
  }
}

const MAX_REASON = 500;
