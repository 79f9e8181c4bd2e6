import type { Ams, AmsCallOptions, AmsForm, AmsProfile, AmsUser } from '../../connectors/ams/port.js';
import { TidemarkError } from '../../contracts/errors.js';

type Call = 'check' | 'findForm' | 'users' | 'upsertProfile' | 'profiles';

/** An AMS in memory, for what a server will not do on demand: fail at one exact call, keep calls waiting, count what is in flight. */
export class MemoryAms implements Ams {
  readonly stored = new Map<number, Record<string, string>>();
  /** Calls in their order; of an upsert with its user. */
  readonly calls: { call: Call; user?: number }[] = [];
  inFlight = 0;
  mostInFlight = 0;
  /** Asked before each call is done. */
  before: (call: Call, user: number | undefined, options: AmsCallOptions) => Promise<void> | void = () => undefined;

  constructor(
    readonly form: AmsForm,
    readonly people: AmsUser[],
  ) {}

  count(call: Call): number {
    return this.calls.filter((each) => each.call === call).length;
  }

  check(options: AmsCallOptions = {}): Promise<{ userId: number }> {
    return this.done('check', undefined, options, () => ({ userId: 1 }));
  }

  findForm(name: string, options: AmsCallOptions = {}): Promise<AmsForm> {
    return this.done('findForm', undefined, options, () => {
      if (name === this.form.name) return this.form;
      throw new TidemarkError(`There is no form '${name}'.`, { code: 'AMS_FORM_NOT_FOUND', retryable: false });
    });
  }

  users(options: AmsCallOptions = {}): Promise<AmsUser[]> {
    return this.done('users', undefined, options, () => this.people);
  }

  upsertProfile(
    { userId, values }: { userId: number; values: Readonly<Record<string, string>> },
    options: AmsCallOptions = {},
  ): Promise<{ id: number | null }> {
    return this.done('upsertProfile', userId, options, () => {
      this.stored.set(userId, { ...this.stored.get(userId), ...values });
      return { id: userId };
    });
  }

  profiles({ userIds }: { userIds: readonly number[] }, options: AmsCallOptions = {}): Promise<AmsProfile[]> {
    return this.done('profiles', undefined, options, () =>
      userIds.flatMap((userId) => {
        const values = this.stored.get(userId);
        return values === undefined ? [] : [{ userId, values }];
      }),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async done<T>(call: Call, user: number | undefined, options: AmsCallOptions, answer: () => T): Promise<T> {
    options.signal?.throwIfAborted();
    this.calls.push({ call, ...(user === undefined ? {} : { user }) });
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      await this.before(call, user, options);
      options.signal?.throwIfAborted();
      return answer();
    } finally {
      this.inFlight -= 1;
    }
  }
}

/** A form of profiles with a field of each kind. */
export const ATHLETE_FORM: AmsForm = {
  id: 7,
  name: 'Athlete Profile',
  type: 'profile',
  isReadOnly: false,
  fields: [
    field('height_cm', 'Number'),
    field('code', 'Text'),
    field('born', 'Date'),
    field('wakes', 'Time'),
    field('injured', 'Single Selection', ['Yes', 'No']),
    field('side', 'Dropdown', ['Left', 'Right', 'Both']),
    field('sports', 'Multiple Selection', ['Rugby', 'Track, field', 'Swimming']),
    field('email', 'Text'),
    { ...field('note', 'Text'), required: true },
    field('bmi', 'Calculation'),
    field('team', 'Linked Text'),
  ],
};

function field(name: string, type: string, options: string[] = []): AmsForm['fields'][number] {
  return { name, type, required: false, options };
}

/** Made-up athletes, with ids from 101. */
export function athletes(count: number): AmsUser[] {
  return Array.from({ length: count }, (_, index) => ({
    id: 101 + index,
    username: `athlete.${index + 1}`,
    email: `athlete.${index + 1}@club.example`,
    firstName: 'Ada',
    lastName: `Made-Up ${index + 1}`,
  }));
}
